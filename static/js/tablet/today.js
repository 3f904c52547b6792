// Today: the next visit on top, then the rest of the day, then the coming days.
import { button, clock, day, h, icon, isoDay, lines, notice, t } from "./ui.js";

const PRIORITIES = { high: "warning", emergency: "error" };

export function drawToday(main, data, api) {
  const { orders, pulled, user } = data;
  const today = pulled?.today && pulled.pulled_at && isoDay(Date.now()) < pulled.today ? pulled.today : isoDay(Date.now());
  const rows = orders.filter((order) => order.state !== "done").map((order) => ({ order, visit: visitOf(order, today) }));
  const key = JSON.stringify(["today", today, orders, pulled?.kept, pulled?.done_today, Math.floor(Date.now() / 60000)]);
  if (main.dataset.key === key) return;
  main.dataset.key = key;
  rows.sort((one, other) => begun(other.order) - begun(one.order) || startOf(one).localeCompare(startOf(other)));
  const now = rows.filter(({ visit, order }) => order.state === "in_progress" || !visit || isoDay(visit.start_at) <= today);
  const coming = rows.filter((row) => !now.includes(row));
  const done = [...orders.filter((order) => order.state === "done"), ...(pulled?.done_today ?? [])];
  const [next, ...others] = now;
  main.replaceChildren(
    keptNotices(pulled?.kept ?? []),
    h("h2", { class: "daytitle" }, day(Date.now())),
    next ? nextCard(next, user, api) : h("section", { class: "card empty" }, icon("check"), h("h2", {}, t("nothing_today")), h("p", {}, t("nothing_today_text"))),
    others.length ? h("ul", { class: "rows" }, others.map(row)) : "",
    ...comingDays(coming),
    done.length ? h("section", {}, h("h2", { class: "daytitle" }, t("done_today")), h("ul", { class: "rows done" }, done.map(doneRow))) : "",
  );
}

const begun = (order) => Number(order.times.some((entry) => !entry.end_at)) * 2 + Number(order.state === "in_progress");
const startOf = ({ visit }) => visit?.start_at ?? "";

// The visit that counts: today's or the next of mine, else the last.
export function visitOf(order, today) {
  const mine = order.visits.filter((visit) => visit.is_mine);
  return mine.find((visit) => isoDay(visit.end_at) >= today) ?? mine.at(-1) ?? null;
}

export function addressOf(site) {
  return [site.street, site.street2, `${site.postal_code} ${site.city}`.trim()].filter(Boolean).join(", ");
}

export function mapLink(site, kind = "plain") {
  const words = addressOf(site);
  const query = encodeURIComponent(`${words}, ${site.country_code}`);
  return words ? h("a", { class: `button ${kind}`, href: `https://www.google.com/maps/search/?api=1&query=${query}`, rel: "noreferrer", target: "_blank" }, icon("map"), h("span", { class: "wrap" }, words)) : null;
}

export function phoneLink(number, name) {
  return number ? h("a", { class: "button plain", href: `tel:${number.replace(/[^\d+]/g, "")}` }, icon("phone"), h("span", { class: "wrap" }, name ? `${name} · ${number}` : number)) : null;
}

export function stateChip(order) {
  const name = { draft: "s-draft", scheduled: "s-scheduled", in_progress: "s-progress", done: "s-done", cancelled: "s-cancelled" }[order.state];
  return h("span", { class: `chip ${order.state}` }, icon(name), t(`state_${order.state}`));
}

export function priorityChip(order) {
  const kind = PRIORITIES[order.priority];
  return kind ? h("span", { class: `chip ${kind}` }, icon(kind === "error" ? "s-overdue" : "s-warning"), t(`priority_${order.priority}`)) : null;
}

export function stepsDone(order) {
  return new Set(order.stamps.map((stamp) => stamp.kind));
}

function nextCard({ order, visit }, user, api) {
  const running = order.times.find((entry) => !entry.end_at);
  return h("section", { class: "card next" },
    h("header", {}, h("p", { class: "eyebrow" }, order.state === "in_progress" ? t("going_on") : t("next_visit")), order.state === "in_progress" ? null : stateChip(order), priorityChip(order)),
    h("a", { class: "head", href: `#/order/${order.id}` },
      visit ? h("span", { class: "time" }, `${clock(visit.start_at)}–${clock(visit.end_at)}`) : null,
      h("strong", {}, order.customer.name), h("span", {}, order.site.name)),
    order.site.hazards ? notice("warning", h("p", {}, order.site.hazards)) : null,
    order.description ? lines(order.description) : null,
    h("div", { class: "links" }, mapLink(order.site), phoneLink(order.site.phone || order.customer.phone)),
    running ? h("p", { class: "running" }, icon("clock"), t("timer_since", { time: clock(running.start_at) })) : null,
    h("div", { class: "wide-buttons" },
      !stepsDone(order).has("on_my_way") && order.state !== "in_progress"
        ? button(t("on_my_way"), "truck", "primary big", () => api.capture(order, "on_my_way", {}, { words: t("stamped") })) : null,
      h("a", { class: "button big plain", href: `#/order/${order.id}` }, icon("right"), t("open_order"))),
  );
}

function row({ order, visit }) {
  return h("li", {}, h("a", { class: "row", href: `#/order/${order.id}` },
    h("span", { class: "time" }, visit ? clock(visit.start_at) : "–"),
    h("span", { class: "what" }, h("strong", {}, order.customer.name), h("span", {}, [order.site.name, order.site.city].filter(Boolean).join(" · ")),
      h("span", { class: "muted" }, order.description.split("\n")[0])),
    h("span", { class: "chips" }, order.site.hazards ? h("span", { class: "chip warning" }, icon("s-warning"), t("hazards")) : null, priorityChip(order), stateChip(order)),
    icon("right")));
}

function doneRow(order) {
  return h("li", {}, h("p", { class: "row" }, h("span", { class: "time" }, order.done_at ? clock(order.done_at) : icon("s-done")),
    h("span", { class: "what" }, h("strong", {}, order.customer.name), h("span", { class: "muted" }, order.number))));
}

function comingDays(rows) {
  const days = new Map();
  for (const entry of rows) {
    const on = isoDay(entry.visit.start_at);
    days.set(on, [...(days.get(on) ?? []), entry]);
  }
  return [...days].sort().map(([on, entries]) => h("section", {}, h("h2", { class: "daytitle" }, day(`${on}T12:00:00Z`)), h("ul", { class: "rows" }, entries.map(row))));
}

export function keptNotices(kept) {
  const open = kept.filter((work) => work.state === "open");
  const decided = kept.filter((work) => work.state !== "open");
  const seen = new Map();
  for (const work of open) seen.set(`${work.number} ${work.reason}`, { ...work, count: (seen.get(`${work.number} ${work.reason}`)?.count ?? 0) + 1 });
  return h("div", { class: "stack" },
    [...seen.values()].map((work) => notice("warning", h("p", {}, h("strong", {}, `${work.number} · ${work.customer}`), " ", t(`kept_${work.reason}`, { count: work.count })))),
    [...new Map(decided.map((work) => [`${work.number} ${work.state} ${work.decision}`, work])).values()].map((work) =>
      notice(work.state === "taken_over" ? "success" : "info", h("p", {}, h("strong", {}, `${work.number} · ${work.customer}`), " ", t(`kept_${work.state}`, { reason: work.decision })))));
}
