// What a visit, a technician and an order of the tray look like.
import { clock, element, fill } from "./words.js";

const MARKS = { in_progress: "▶", done: "✓" };

// From the end of work to its next beginning, nights and free days in one: fewer boxes to lay out.
function* closed(figures) {
  for (const technician of figures.technicians) {
    let last;
    for (const span of technician.closed) {
      if (last?.end === span.start) last.end = span.end;
      else {
        if (last) yield { technician, ...last };
        last = { ...span };
      }
    }
    if (last) yield { technician, ...last };
  }
}

export function events(figures) {
  const shown = figures.visits.map((visit) => ({
    id: `visit-${visit.id}`,
    resourceId: String(visit.technician_id),
    start: visit.start,
    end: visit.end,
    editable: visit.may_move,
    title: visit.order.number,
    extendedProps: { visit },
  }));
  for (const { technician, start, end } of closed(figures)) {
    shown.push({ id: `closed-${technician.id}-${start}`, resourceId: String(technician.id), start, end, display: "background", extendedProps: { is: "closed" } });
  }
  for (const technician of figures.technicians) {
    for (const away of technician.absences) {
      const extendedProps = { is: "away", reason: away.reason };
      shown.push({ id: `away-${technician.id}-${away.start}`, resourceId: String(technician.id), start: away.start, end: away.end, display: "background", extendedProps });
    }
  }
  return shown;
}

// What must be done to the calendar's events: few changes are made one by one, since all anew lays out everything anew.
export function differences(before, after) {
  const old = new Map(before.map((event) => [event.id, JSON.stringify(event)]));
  const now = new Set(after.map((event) => event.id));
  return {
    removed: before.filter((event) => !now.has(event.id)),
    added: after.filter((event) => !old.has(event.id)),
    changed: after.filter((event) => old.has(event.id) && old.get(event.id) !== JSON.stringify(event)),
  };
}

// Says among what is shown that a visit is drawn at another place; gives the place where it was.
export function place(shown, visit, { technician_id, start_at, end_at }) {
  const event = shown.find(({ id }) => id === `visit-${visit.id}`);
  const before = { technician_id: event?.resourceId, start_at: event?.start, end_at: event?.end };
  if (event) Object.assign(event, { resourceId: String(technician_id), start: start_at, end: end_at });
  return before;
}

export const resources = (figures) =>
  figures.technicians.map((technician) => ({ id: String(technician.id), title: technician.name, extendedProps: { url: technician.url } }));

export function classNames({ event }) {
  const { visit, is } = event.extendedProps;
  if (!visit) return [is ? `is-${is}` : ""];
  return [
    "visit",
    `state-${visit.order.state}`,
    visit.warnings.length ? "has-warnings" : "",
    visit.order.priority === "emergency" ? "is-urgent" : "",
  ];
}

export const content = (texts) =>
  function draw({ event }) {
    const { visit, is, reason } = event.extendedProps;
    if (!visit) return is === "away" ? { domNodes: [element("span", "away-reason", reason)] } : "";
    const box = element("span", "visit-text");
    box.dataset.visit = visit.id;
    const marks = [visit.warnings.length ? "⚠" : "", MARKS[visit.order.state] ?? "", visit.order.priority === "emergency" ? "!" : ""].join("");
    if (marks) {
      const mark = element("span", "visit-mark", marks);
      mark.setAttribute("aria-hidden", "true");
      box.append(mark);
    }
    const two = (date) => `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
    box.append(element("b", "", `${two(event.start)}–${two(event.end)}`), ` ${visit.order.customer} `);
    box.append(element("small", "", [visit.order.city, visit.order.kind].filter(Boolean).join(" · ")));
    const more = [visit.order.number, visit.order.state_label, visit.order.priority_label];
    if (visit.warnings.length) more.push(fill(texts.warnings, visit.warnings.join(" ")));
    box.append(element("span", "sr", ` ${more.filter(Boolean).join(". ")}`));
    const place = [visit.order.customer, visit.order.city, visit.order.kind].filter(Boolean).join(", ");
    box.title = [`${two(event.start)}–${two(event.end)} ${place}`, ...more].filter(Boolean).join("\n");
    return { domNodes: [box] };
  };

export function label({ resource }) {
  const link = element("a", "technician", resource.title);
  link.href = resource.extendedProps.url;
  return { domNodes: [link] };
}

export function tray(list, figures, texts) {
  if (!figures.tray.length) {
    list.replaceChildren(element("li", "tray-empty", texts.empty_tray));
    return;
  }
  list.replaceChildren(
    ...figures.tray.map((order) => {
      const item = element("li");
      const button = element("button", `tray-order priority-${order.priority}`);
      button.type = "button";
      button.dataset.order = order.id;
      button.setAttribute("aria-describedby", "tray-hint");
      const head = element("span", "tray-head");
      head.append(element("b", "", order.number), element("span", "", fill(texts.minutes, order.minutes)));
      if (order.priority_label) head.append(element("span", "tray-priority", order.priority_label));
      button.append(head, element("span", "", `${order.customer}, ${order.city}`));
      if (order.kind || order.description) button.append(element("small", "", order.kind || order.description));
      if (order.window) button.append(element("small", "", fill(texts.promised, order.window)));
      if (order.needs) button.append(element("small", "", fill(texts.needs, order.needs)));
      item.append(button);
      return item;
    }),
  );
}

// The calendar says it is a table, but its visits are in none of its cells: rather nothing than what is not so.
const WRONG = ["table", "row", "rowgroup", "rowheader", "columnheader", "cell"];

export function mendRoles(root) {
  for (const one of root.querySelectorAll(WRONG.map((role) => `[role="${role}"]`).join(","))) {
    for (const name of ["role", "aria-colindex", "aria-colspan"]) one.removeAttribute(name);
  }
  for (const part of root.querySelectorAll(".ec-header, .ec-sidebar")) part.setAttribute("role", "presentation");
  const main = root.querySelector(".ec-main");
  if (main && main.tabIndex < 0) main.tabIndex = 0; // what scrolls can be scrolled by keys
}
