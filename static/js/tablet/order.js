// One order on one screen. A section is drawn anew only when what it shows has changed, so that a form that is being
// filled in stays as it is.
import { missing } from "./overlay.js";
import { photosSection } from "./photos.js";
import { partsSection } from "./parts.js";
import { reportSection } from "./report.js";
import { signatureSection } from "./signing.js";
import { timeSection } from "./time.js";
import { mapLink, phoneLink, priorityChip, stateChip, stepsDone } from "./today.js";
import { button, clock, dayAndClock, h, icon, lines, notice, shortDay, t, waits } from "./ui.js";

let screen = null; // the order that is shown, its sections, and what each was drawn from

export function leaveOrder() {
  for (const section of Object.values(screen?.sections ?? {})) section.leave?.();
  screen = null;
}

export function drawOrder(main, data, id, api) {
  const order = data.orders.find((row) => row.id === id);
  if (!order) return drawGone(main, data);
  if (screen?.id !== id || main.dataset.key !== `order ${id}`) build(main, id, api);
  screen.order = order;
  screen.data = data;
  const isOpen = order.state !== "done" && order.state !== "cancelled";
  for (const section of Object.values(screen.sections)) section.update(order, data, isOpen);
  drawSteps(order, data, isOpen, api);
}

function drawGone(main, data) {
  const key = `gone ${data.pulled?.pulled_at}`;
  document.getElementById("steps").replaceChildren();
  if (main.dataset.key === key) return;
  leaveOrder();
  main.dataset.key = key;
  main.replaceChildren(h("section", { class: "card empty" }, icon("archive"), h("h2", {}, t("order_gone")), h("p", {}, t("order_gone_text")),
    h("a", { class: "button primary big", href: "#/today" }, t("today"))));
}

function build(main, id, api) {
  leaveOrder();
  const capture = (kind, values, more) => api.capture(screen.order, kind, values, more);
  const sections = {
    where: plain((order) => whereCard(order)),
    equipment: plain((order) => equipmentCard(order)),
    tasks: plain((order, data, isOpen) => tasksCard(order, isOpen, capture)),
    time: timeSection(id, capture),
    parts: partsSection(id, capture, (captured, words) => api.captureAll(screen.order, captured, words)),
    photos: photosSection(id, capture),
    report: reportSection(id, capture),
    signature: signatureSection(id, capture),
  };
  screen = { id, sections };
  main.dataset.key = `order ${id}`;
  const column = (...names) => h("div", { class: "column" }, names.map((name) => sections[name].element));
  main.replaceChildren(h("div", { class: "columns" }, column("where", "equipment", "tasks"), column("time", "parts", "photos", "report", "signature")));
}

// A section without a form.
function plain(draw) {
  const element = h("div", { class: "slot" });
  let key = null;
  return {
    element,
    update(order, data, isOpen) {
      const wanted = JSON.stringify([order, isOpen]);
      if (wanted === key) return;
      key = wanted;
      element.replaceChildren(draw(order, data, isOpen) ?? "");
    },
  };
}

function fact(label, ...value) {
  return value.some(Boolean) ? h("div", {}, h("dt", {}, label), h("dd", {}, value)) : null;
}

function whereCard(order) {
  const { site, customer } = order;
  const visits = order.visits.map((visit) => h("li", {}, `${dayAndClock(visit.start_at)}–${clock(visit.end_at)}`, visit.is_mine ? null : h("span", { class: "muted" }, ` · ${visit.technician}`)));
  const promised = order.window_start_at || order.window_end_at
    ? `${order.window_start_at ? dayAndClock(order.window_start_at) : ""} – ${order.window_end_at ? dayAndClock(order.window_end_at) : ""}` : "";
  return h("section", { class: "card" },
    h("header", {}, h("h2", {}, customer.name), stateChip(order), priorityChip(order)),
    site.hazards ? notice("warning", h("p", {}, h("strong", {}, `${t("hazards")}: `), site.hazards)) : null,
    h("p", {}, site.name),
    h("div", { class: "links" }, mapLink(site), phoneLink(site.phone), phoneLink(customer.phone),
      order.contacts.map((contact) => phoneLink(contact.phone, contact.name))),
    order.description ? h("div", { class: "todo" }, lines(order.description)) : null,
    h("dl", { class: "facts" }, fact(t("access_code"), site.access_code ? h("code", {}, site.access_code) : null), fact(t("kind_of_work"), order.kind_of_work),
      fact(t("promised"), promised), fact(t("reference"), order.reference), fact(t("visits"), visits.length ? h("ul", {}, visits) : null)),
    site.notes ? lines(site.notes) : null);
}

function equipmentCard(order) {
  const machine = order.equipment;
  if (!machine) return null;
  return h("section", { class: "card" },
    h("h2", {}, t("equipment")),
    h("dl", { class: "facts" }, fact(t("machine"), machine.name), fact(t("serial"), machine.serial),
      fact(t("installed_on"), machine.installed_on ? shortDay(`${machine.installed_on}T12:00:00Z`) : null),
      fact(t("warranty_until"), machine.warranty_until ? shortDay(`${machine.warranty_until}T12:00:00Z`) : null)),
    machine.notes ? lines(machine.notes) : null,
    order.history.length
      ? h("details", { class: "history", open: order.history.length < 3 }, h("summary", {}, icon("down"), t("history", { count: order.history.length })),
        h("ol", {}, order.history.map((row) => h("li", {}, h("strong", {}, row.done_on ? shortDay(`${row.done_on}T12:00:00Z`) : ""), ` · ${row.number}`, lines(row.report)))))
      : h("p", { class: "muted" }, t("no_history")));
}

function tasksCard(order, isOpen, capture) {
  if (!order.tasks.length) return null;
  const left = order.tasks.filter((task) => !task.is_done).length;
  return h("section", { class: "card" },
    h("header", {}, h("h2", {}, t("tasks")), h("span", { class: "muted" }, left ? t("tasks_left", { count: left }) : t("tasks_done"))),
    h("ul", { class: "tasks" }, order.tasks.map((task) => h("li", {}, h("label", { class: "check" },
      h("input", { type: "checkbox", checked: task.is_done, disabled: !isOpen, onchange: (event) => capture("tick_task", { task_id: task.id, is_done: event.target.checked }) }),
      h("span", {}, task.description), waits(task))))));
}

// On my way → Start → Finish.
function drawSteps(order, data, isOpen, api) {
  const bar = document.getElementById("steps");
  const done = stepsDone(order);
  const lacks = missing(order, { isSignatureRequired: data.pulled?.is_signature_required });
  const key = JSON.stringify([order.id, order.state, [...done], lacks, order.stamps]);
  if (bar.dataset.key === key && bar.childElementCount) return;
  bar.dataset.key = key;
  if (!isOpen) {
    bar.replaceChildren(h("p", { class: "stepdone" }, icon("s-done"), t("is_done")));
    return;
  }
  const stamp = (kind) => api.capture(order, kind, {}, { words: t("stamped") });
  const started = done.has("start") || order.state === "in_progress";
  const steps = h("ol", { class: "progress" }, [["on_my_way", done.has("on_my_way")], ["start", started], ["finish", false]].map(([kind, isDone]) => {
    const at = order.stamps.findLast((row) => row.kind === kind)?.at;
    return h("li", { class: isDone ? "past" : "" }, icon(isDone ? "s-done" : "s-neutral"), h("span", {}, t(kind)), at ? h("small", {}, clock(at)) : null);
  }));
  const next = [];
  if (!started && !done.has("on_my_way")) next.push(button(t("on_my_way"), "truck", "primary big", () => stamp("on_my_way")), button(t("start"), "play", "plain big", () => stamp("start")));
  else if (!started) next.push(button(t("start"), "play", "primary big", () => stamp("start")));
  else next.push(button(t("finish"), "check", "primary big", () => finish(order, lacks, stamp)));
  bar.replaceChildren(steps, h("div", { class: "wide-buttons" }, next));
}

function finish(order, lacks, stamp) {
  if (!lacks.length) return stamp("finish");
  const places = { timer: "time", work: "time", report: "report", signature: "signature" };
  const place = document.getElementById("notices");
  const words = notice("warning", h("p", {}, h("strong", {}, t("before_finish"))), h("ul", {}, lacks.map((name) =>
    h("li", {}, h("button", { type: "button", class: "link", onclick: () => goTo(places[name]) }, t(`missing_${name}`))))));
  place.replaceChildren(words);
  return goTo(places[lacks[0]]);
}

function goTo(name) {
  const section = screen.sections[name];
  section.element.scrollIntoView({ block: "start", behavior: "smooth" });
  section.open?.();
}
