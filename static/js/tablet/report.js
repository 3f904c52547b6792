// The work report. What is typed is kept as a draft at once: a lost page loses no word.
import { currentUser, storeOf } from "./outbox.js";
import { field, h, icon, t, waits } from "./ui.js";

async function drafts(work) {
  const user = await currentUser();
  return user ? work(await storeOf(user.id)) : undefined;
}

export function reportSection(id, capture) {
  const name = `report-${id}`;
  const area = h("textarea", { maxlength: 20000, rows: 6, placeholder: t("report_hint") });
  const box = field(t("what_was_done_long"), area);
  const mark = h("span", {});
  const save = h("button", { type: "submit", class: "button primary big" }, icon("check"), t("save_report"));
  const form = h("form", { class: "form", novalidate: true }, box, h("div", { class: "wide-buttons" }, save));
  const element = h("section", { class: "card", id: "report" }, h("header", {}, h("h2", {}, t("report")), mark), form);
  let base = null; // the text that is being edited
  let writing = false; // one write at a time, and after it what was typed meanwhile
  let isNewer = false;
  // The tab's own copy is written before the next event: a page that is loaded anew at once has no time for the database.
  let place = null;

  function keepAtOnce() {
    try { if (place) sessionStorage.setItem(place, JSON.stringify({ text: area.value, base })); } catch { /* the database has it */ }
  }

  async function kept() {
    const user = await currentUser();
    place = user ? `${name}-of-${user.id}` : null;
    try {
      const text = place && sessionStorage.getItem(place);
      if (text) return JSON.parse(text);
    } catch { /* a private window forgets */ }
    return drafts((db) => db.get("drafts", name));
  }

  area.addEventListener("input", () => {
    keepAtOnce();
    keepDraft();
    show();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const report = area.value.trim();
    if (report === base) return;
    if (await capture("write_report", { report, before: { report: base } }, { draft: name, words: t("saved_here") })) {
      area.value = report;
      try { if (place) sessionStorage.removeItem(place); } catch { /* nothing was kept */ }
    }
    show();
  });

  async function keepDraft() {
    isNewer = true;
    if (writing) return;
    writing = true;
    while (isNewer) {
      isNewer = false;
      await drafts((db) => db.put("drafts", { text: area.value, base }, name)).catch(() => {});
    }
    writing = false;
  }

  function show() {
    save.disabled = area.value.trim() === (base ?? "");
  }

  async function update(order, data, isOpen) {
    const isFirst = base === null;
    const untouched = isFirst || area.value.trim() === base;
    area.readOnly = !isOpen;
    save.hidden = !isOpen;
    mark.replaceChildren(waits(order.report_mark ?? {}) ?? "");
    if (isFirst) {
      base = order.report;
      area.value = order.report;
      const draft = await kept();
      if (draft && draft.text.trim() !== order.report) {
        area.value = draft.text;
        base = draft.base ?? order.report;
      }
    } else if (untouched) {
      base = order.report;
      if (area.value.trim() !== order.report) area.value = order.report;
    } else if (area.value.trim() === order.report) base = order.report;
    show();
  }

  return { element, update, open: () => area.focus() };
}
