// Who, when, how long: every move without a mouse, and an order for a slot that was tapped.
import { element, fill, minutesBetween, plus } from "./words.js";

export function placeDialog(dialog, { texts, check, save, takeBack }) {
  const form = dialog.querySelector("[data-place]");
  const field = (name) => form.elements.namedItem(name);
  const part = (name) => dialog.querySelector(`[data-${name}]`);
  let what;
  let question = new AbortController();
  let length = 60;
  let timer;

  const place = () => ({ technician_id: field("technician_id").value, start_at: field("start_at").value, end_at: field("end_at").value });

  // The question that is under way has no place to be answered at any more.
  function giveUp() {
    clearTimeout(timer);
    question.abort();
  }

  function warn() {
    giveUp();
    question = new AbortController();
    const { signal } = question;
    timer = setTimeout(async () => {
      if (!what || !field("start_at").value || !field("end_at").value) return;
      const answer = await check(what, place(), signal);
      if (signal.aborted) return;
      const box = part("warnings");
      if (!answer.ok) return box.replaceChildren(element("p", "error", answer.error ?? texts.failed));
      if (!answer.warnings.length) return box.replaceChildren(element("p", "hint", texts.no_warnings));
      const list = element("ul", "warnings");
      list.append(...answer.warnings.map((warning) => element("li", "", `⚠ ${warning}`)));
      box.replaceChildren(list);
    }, 150);
  }

  function describe(order) {
    const rows = [`${order.number} · ${order.customer}, ${order.city}`, order.kind, order.description];
    if (order.window) rows.push(fill(texts.promised, order.window));
    if (order.needs) rows.push(fill(texts.needs, order.needs));
    part("what").replaceChildren(...rows.filter(Boolean).map((text, row) => element(row ? "small" : "strong", "", text)));
    part("open").href = order.url;
    part("open").hidden = false;
  }

  function choose(order) {
    what = { order };
    describe(order);
    length = order.minutes;
    field("end_at").value = plus(field("start_at").value, length);
    warn();
  }

  function open({ visit, order, orders, technicianId, start, end }) {
    what = visit ? { visit, order: visit.order } : { order: order ?? orders[0] };
    part("title").textContent = visit ? texts.move : texts.plan;
    part("back").hidden = !visit;
    const choices = part("order-field");
    choices.hidden = !orders;
    if (orders) {
      field("order_id").replaceChildren(
        ...orders.map((one) => {
          const option = element("option", "", `${one.number} · ${one.customer}, ${one.city}${one.kind ? ` · ${one.kind}` : ""}`);
          option.value = one.id;
          return option;
        }),
      );
      field("order_id").onchange = () => choose(orders.find((one) => String(one.id) === field("order_id").value));
    }
    field("technician_id").value = String(technicianId ?? field("technician_id").options[0]?.value ?? "");
    field("start_at").value = start;
    length = end ? minutesBetween(start, end) : what.order.minutes;
    field("end_at").value = plus(start, length);
    part("warnings").replaceChildren();
    describe(what.order);
    dialog.showModal();
    warn();
  }

  field("start_at").addEventListener("change", () => {
    if (field("start_at").value) field("end_at").value = plus(field("start_at").value, length);
    warn();
  });
  field("end_at").addEventListener("change", () => {
    if (field("start_at").value && field("end_at").value) length = minutesBetween(field("start_at").value, field("end_at").value);
    warn();
  });
  field("technician_id").addEventListener("change", warn);
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", giveUp);
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the keys of the page under it have a rest
    if (event.key === "Escape") dialog.close();
  });
  part("back").addEventListener("click", async () => {
    const { visit } = what;
    giveUp(); // at once: the dialog tells of its end only later
    dialog.close();
    await takeBack(visit);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field("start_at").value || !field("end_at").value) return field(field("start_at").value ? "end_at" : "start_at").focus();
    const error = await save(what, place());
    if (error) part("warnings").replaceChildren(Object.assign(element("p", "error", error), { role: "alert" }));
    else dialog.close();
  });

  return { open, isOpen: () => dialog.open };
}
