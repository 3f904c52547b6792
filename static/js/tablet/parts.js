// Parts by search, typed code or the camera; kilometres and call-outs.
import { ask, currentUser } from "./outbox.js";
import { canScan, scan } from "./barcode.js";
import { button, field, h, icon, quantity, t, typedQuantity, waits } from "./ui.js";

const MOST_FOUND = 12;
const MOST_KITS = 5;
const PAUSE = 400;
const plainWords = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export function partsSection(id, capture, captureAll) {
  const list = h("div", { class: "slot" });
  const form = h("div", { class: "slot" });
  const element = h("section", { class: "card", id: "parts" }, h("h2", {}, t("parts")), list, form);
  let key = null;
  let now = {};
  let camera = null;

  function update(order, data, isOpen) {
    now = { order, items: data.items, kits: data.kits, rates: (data.pulled?.rates ?? []).filter((rate) => rate.what === "part"), isOpen };
    const wanted = JSON.stringify([order.parts, isOpen, now.rates]);
    if (wanted === key) return;
    key = wanted;
    list.replaceChildren(...draw());
    if (!isOpen) close();
  }

  function draw() {
    const { order, isOpen, rates } = now;
    return [
      isOpen ? h("div", { class: "wide-buttons" }, button(t("add_part"), "plus", "plain big", () => open()),
        rates.map((rate) => button(rate.name, rate.kind === "distance" ? "route" : "tag", "plain big", () => amount({ labor_rate_id: rate.id }, { description: rate.name, unit: rate.kind === "distance" ? "km" : "" }, rate.kind === "call_out" ? "1" : "")))) : "",
      order.parts.length ? h("ul", { class: "items" }, order.parts.map(item)) : h("p", { class: "muted" }, t("no_parts")),
    ];
  }

  function item(part) {
    return h("li", {},
      h("span", { class: "what" }, h("strong", {}, `${quantity(part.quantity)} ${part.unit || "×"}`), h("span", {}, part.description), h("span", { class: "muted" }, [part.code, part.unit_price].filter(Boolean).join(" · "))),
      waits(part),
      now.isOpen && part.is_mine && part.waits !== "refused" ? h("span", { class: "tools" },
        h("button", { type: "button", class: "button quiet icon-only", "aria-label": t("correct"), onclick: () => amount(null, part, part.quantity, part) }, icon("pen")),
        h("button", { type: "button", class: "button quiet icon-only", "aria-label": t("take_away"), onclick: () => capture("remove_part", which(part)) }, icon("trash"))) : null);
  }

  function close() {
    camera?.stop();
    camera = null;
    form.replaceChildren();
  }

  function open() {
    const search = h("input", { type: "search", autocomplete: "off", enterkeyhint: "search", maxlength: 100 });
    const found = h("ul", { class: "found" });
    const view = h("div", { class: "slot" });
    let more = []; // of the whole catalog, where there is a network
    let timer = null;
    const show = () => found.replaceChildren(...results(search.value, more));
    search.addEventListener("input", () => {
      show();
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const text = search.value.trim();
        if (text.length < 2 || !navigator.onLine) return;
        const user = await currentUser();
        const answer = await ask(`/tablet/parts?q=${encodeURIComponent(text)}`, { userId: user.id });
        if (answer.outcome !== "done" || search.value.trim() !== text) return;
        more = answer.body;
        show();
      }, PAUSE);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      found.querySelector("button")?.click();
    });
    const read = async () => {
      camera?.stop();
      camera = await scan(view, (code) => {
        view.replaceChildren();
        camera = null;
        search.value = code;
        const exact = now.items.find((row) => row[4] === code || row[1] === code);
        if (exact) choose(exact);
        else show();
      });
    };
    form.replaceChildren(h("div", { class: "form" }, field(t("search_part"), search, t("search_part_hint")),
      h("div", { class: "wide-buttons" }, canScan() ? button(t("scan"), "scan", "plain big", read) : null, button(t("cancel"), null, "plain big", close)), view, found));
    search.focus();
  }

  // The exact code first; then every word in code or description; and always the code as it was typed.
  function results(text, more = []) {
    const typed = text.trim();
    if (!typed) return [];
    const words = plainWords(typed).split(/\s+/);
    const known = new Set(now.items.map((row) => row[0]));
    const items = [...now.items, ...more.filter((row) => !known.has(row[0]))];
    const exact = items.filter((row) => row[4] === typed || row[1].toLowerCase() === typed.toLowerCase());
    const others = items.filter((row) => !exact.includes(row) && words.every((word) => plainWords(`${row[1]} ${row[2]}`).includes(word)));
    const rows = [...exact, ...others].slice(0, MOST_FOUND);
    const kits = now.kits.filter((row) => words.every((word) => plainWords(`${row[1]} ${row[2]}`).includes(word))).slice(0, MOST_KITS);
    const entries = kits.map((row) => h("li", {}, h("button", { type: "button", onclick: () => kit(row) }, h("strong", {}, `${t("kit")} ${row[1]}`), h("span", {}, `${row[2]} · ${t("kit_of", { count: row[3].length })}`))));
    entries.push(...rows.map((row) => h("li", {}, h("button", { type: "button", onclick: () => choose(row) }, h("strong", {}, row[1]), h("span", {}, row[2])))));
    if (!exact.length && /^[\w./-]{2,40}$/.test(typed)) {
      entries.push(h("li", {}, h("button", { type: "button", onclick: () => amount({ code: typed }, { code: typed, description: t("code_typed"), unit: "" }, "1") }, h("strong", {}, typed), h("span", {}, t("use_code")))));
    }
    return entries.length ? entries : [h("li", { class: "muted" }, t("nothing_found"))];
  }

  function choose([itemId, code, description, unit]) {
    amount({ stock_item_id: itemId }, { code, description, unit }, "1");
  }

  // A kit is its parts: each waits, is sent and can be corrected by itself.
  function kit([, code, description, lines]) {
    camera?.stop();
    const { count, step } = counter("1");
    const box = field(t("kits"), count);
    const save = async (event) => {
      event.preventDefault();
      const times = typedQuantity(count.value);
      box.refuse(times ? "" : t("no_number"));
      if (!times) return;
      const captured = lines.map(([itemId, rateId, each, partCode, words, unit]) => ({
        kind: "add_part",
        values: { ...(itemId ? { stock_item_id: itemId } : { labor_rate_id: rateId }), quantity: product(each, times) },
        shown: { code: partCode, description: words, unit },
      }));
      if (await captureAll(captured, t("kit_saved", { count: captured.length }))) close();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, h("p", {}, h("strong", {}, code), ` ${description}`),
      h("ul", { class: "items" }, lines.map(([, , each, partCode, words, unit]) => h("li", {}, h("span", { class: "what" }, h("strong", {}, `${quantity(each)} ${unit || "×"}`), h("span", {}, words), h("span", { class: "muted" }, partCode))))),
      stepper(box, step, t("save_kit"))));
    count.focus();
    count.select();
  }

  function counter(start) {
    const count = h("input", { type: "text", inputmode: "decimal", value: start ? String(Number(start)) : "", maxlength: 9 });
    const step = (by) => { count.value = String(Math.max(1, Math.round((Number(typedQuantity(count.value) ?? 0) + by) * 100) / 100)); };
    return { count, step };
  }

  function stepper(box, step, words) {
    return [h("div", { class: "stepper" }, button("−", null, "plain big", () => step(-1), { "aria-label": t("less") }), box, button("+", null, "plain big", () => step(1), { "aria-label": t("more") })),
      h("div", { class: "wide-buttons" }, h("button", { type: "submit", class: "button primary big" }, icon("check"), words), button(t("cancel"), null, "plain big", close))];
  }

  function amount(values, shown, start, part) {
    camera?.stop();
    const { count, step } = counter(start);
    const box = field(`${t("quantity")}${shown.unit ? ` (${shown.unit})` : ""}`, count);
    const save = async (event) => {
      event.preventDefault();
      const number = typedQuantity(count.value);
      box.refuse(number ? "" : t("no_number"));
      if (!number) return;
      const saved = part
        ? await capture("correct_part", { ...which(part), quantity: number, before: { quantity: part.quantity } }, { words: t("saved_here") })
        : await capture("add_part", { ...values, quantity: number }, { shown: { code: shown.code ?? "", description: shown.description, unit: shown.unit }, words: t("saved_here") });
      if (saved) close();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, h("p", {}, h("strong", {}, shown.code ?? ""), ` ${shown.description}`),
      stepper(box, step, t("save_part"))));
    count.focus();
    count.select();
  }

  return { element, update, leave: close };
}

// Two numbers of two decimals, exact: a product of hundredths, rounded half up to hundredths.
function product(one, other) {
  const hundredths = (text) => Math.round(Number(text) * 100);
  return (Math.round((hundredths(one) * hundredths(other)) / 100) / 100).toFixed(2);
}

function which(part) {
  return part.id ? { part_id: part.id } : { of: part.of };
}
