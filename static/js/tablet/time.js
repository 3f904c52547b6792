// Hours: a timer, or typed.
import { button, clock, dayAndClock, field, h, icon, isoDay, moment, span, t, waits } from "./ui.js";

const MINUTE = 60000;
const minutesOf = (entry) => Math.max(0, Math.round(((entry.end_at ? Date.parse(entry.end_at) : Date.now()) - Date.parse(entry.start_at)) / MINUTE));

export function timeSection(id, capture) {
  const list = h("div", { class: "slot" });
  const form = h("div", { class: "slot" });
  const element = h("section", { class: "card", id: "time" }, h("h2", {}, t("time")), list, form);
  let key = null;
  let now = {};

  function update(order, data, isOpen) {
    const running = data.orders.flatMap((row) => row.times.map((entry) => ({ ...entry, number: row.number, order_id: row.id }))).find((entry) => !entry.end_at);
    now = { order, rates: (data.pulled?.rates ?? []).filter((rate) => rate.what === "time"), running, isOpen };
    const wanted = JSON.stringify([order.times, isOpen, running, now.rates, running ? Math.floor(Date.now() / MINUTE) : 0]);
    if (wanted === key) return;
    key = wanted;
    list.replaceChildren(...draw());
    if (!isOpen) form.replaceChildren();
  }

  function draw() {
    const { order, running, isOpen } = now;
    const here = order.times.find((entry) => !entry.end_at);
    const total = order.times.reduce((sum, entry) => sum + minutesOf(entry), 0);
    return [
      here ? h("p", { class: "running" }, icon("clock"), h("span", {}, t("timer_since", { time: clock(here.start_at) })), h("strong", {}, span(minutesOf(here)))) : "",
      running && !here ? h("p", { class: "muted" }, t("timer_elsewhere", { number: running.number })) : "",
      isOpen ? h("div", { class: "wide-buttons" },
        here ? button(t("stop_timer"), "stop", "danger big", () => capture("stop_timer", which(here))) : running ? null : timerButtons(),
        button(t("log_hours"), "pen", "plain big", () => open())) : "",
      h("ul", { class: "items" }, order.times.filter((entry) => entry.end_at).map(item)),
      order.times.length > 1 ? h("p", { class: "total" }, t("total"), h("strong", {}, span(total))) : "",
      order.times.length ? "" : h("p", { class: "muted" }, t("no_time")),
    ];
  }

  function timerButtons() {
    const travel = now.rates.find((rate) => rate.kind === "travel_time");
    return [
      button(t("start_timer"), "play", "plain big", () => capture("start_timer", {})),
      travel ? button(t("travel_timer"), "truck", "plain big", () => capture("start_timer", { labor_rate_id: travel.id })) : null,
    ];
  }

  function item(entry) {
    const rate = now.rates.find((row) => row.id === entry.labor_rate_id);
    return h("li", {},
      h("span", { class: "what" }, h("strong", {}, span(minutesOf(entry))), h("span", {}, `${dayAndClock(entry.start_at)}–${clock(entry.end_at)}`),
        h("span", { class: "muted" }, [rate?.name, entry.description].filter(Boolean).join(" · "))),
      waits(entry),
      now.isOpen && entry.waits !== "refused" ? h("span", { class: "tools" },
        h("button", { type: "button", class: "button quiet icon-only", "aria-label": t("correct"), onclick: () => open(entry) }, icon("pen")),
        h("button", { type: "button", class: "button quiet icon-only", "aria-label": t("take_away"), onclick: () => capture("remove_time", which(entry)) }, icon("trash"))) : null);
  }

  function open(entry) {
    const lastEnd = now.order.times.map((row) => row.end_at).filter(Boolean).sort().at(-1);
    const on = h("input", { type: "date", value: isoDay(entry?.start_at ?? Date.now()), max: isoDay(Date.now()), required: true });
    const start = h("input", { type: "time", value: entry ? clock(entry.start_at) : lastEnd && isoDay(lastEnd) === isoDay(Date.now()) ? clock(lastEnd) : "" });
    const end = h("input", { type: "time", value: entry ? clock(entry.end_at) : "" });
    const usual = now.rates.find((row) => row.is_default) ?? now.rates[0]; // work comes before travel
    const chosen = entry?.labor_rate_id ?? usual?.id;
    const rate = h("select", {}, now.rates.map((row) => h("option", { value: row.id, selected: row.id === chosen }, row.name)));
    const words = h("input", { type: "text", maxlength: 500, value: entry?.description ?? "" });
    const fields = { on: field(t("day"), on), start: field(t("from"), start), end: field(t("until"), end), rate: field(t("rate"), rate), words: field(t("what_was_done"), words) };
    const save = async (event) => {
      event.preventDefault();
      const values = { start_at: moment(on.value, start.value), end_at: moment(on.value, end.value), labor_rate_id: Number(rate.value) || null, description: words.value.trim() };
      fields.start.refuse(start.value && on.value ? "" : t("fill_in"));
      if (!start.value) return;
      fields.end.refuse(!end.value ? t("fill_in") : "");
      if (!end.value) return;
      if (values.end_at <= values.start_at) values.end_at = moment(nextDay(on.value), end.value); // past midnight
      const wrong = Date.parse(values.end_at) > Date.now() + MINUTE ? t("in_future") : overlap(values, entry);
      fields.end.refuse(wrong);
      if (wrong) return;
      const { start_at, end_at, labor_rate_id, description } = entry ?? {};
      const saved = entry
        ? await capture("correct_time", { ...which(entry), ...values, before: { start_at, end_at, labor_rate_id, description } }, { words: t("saved_here") })
        : await capture("log_time", values, { words: t("saved_here") });
      if (saved) form.replaceChildren();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, h("div", { class: "grid" }, Object.values(fields)),
      h("div", { class: "wide-buttons" }, h("button", { type: "submit", class: "button primary big" }, icon("check"), t("save_hours")), button(t("cancel"), null, "plain big", () => form.replaceChildren()))));
    (start.value && !entry ? end : start).focus();
  }

  function overlap(values, own) {
    const other = now.order.times.find((row) => row !== own && (own ? row.id !== own.id || row.of !== own.of : true) && row.end_at && row.waits !== "refused" && Date.parse(row.end_at) > Date.parse(values.start_at) && Date.parse(row.start_at) < Date.parse(values.end_at));
    return other ? t("overlaps", { start: clock(other.start_at), end: clock(other.end_at) }) : "";
  }

  return { element, update, open: () => form.childElementCount || now.order.times.some((entry) => !entry.end_at) || open() };
}

function nextDay(iso) {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + 24 * 60 * MINUTE).toISOString().slice(0, 10);
}

// A row of the server by its id, one that waits by the operation that makes it.
function which(entry) {
  return entry.id ? { entry_id: entry.id } : { of: entry.of };
}
