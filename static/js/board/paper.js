// The board on paper: a table of technicians and days, since boxes along hours are too narrow there to be read.
import { clock, element, plus } from "./words.js";

const DAY_MINUTES = 24 * 60;

function touching(spans, from, until) {
  return spans.filter(({ start, end }) => start < until && end > from);
}

// What is told of a visit; there is more room for it where a single day is printed.
function visitText({ start, end, order }, isSingleDay) {
  const text = element("p");
  const place = `${order.customer}, ${order.city}`;
  text.append(element("b", "", `${clock(start)}–${clock(end)}`), " ", element("span", "order", order.number));
  if (isSingleDay) text.append(` ${[place, order.kind, order.description].filter(Boolean).join(" · ")}`);
  else text.append(element("br"), place);
  return text;
}

function cell(figures, technician, from, until) {
  const box = element("td");
  const isFree = technician.closed.some(({ start, end }) => start <= from && end >= until);
  if (!isFree) {
    for (const { reason } of touching(technician.absences, from, until)) box.append(element("p", "away", reason));
  }
  const mine = figures.visits.filter((visit) => visit.technician_id === technician.id);
  const shown = touching(mine, from, until).toSorted((one, other) => one.start.localeCompare(other.start));
  box.append(...shown.map((visit) => visitText(visit, figures.days === 1)));
  return box;
}

function heading(scope, text) {
  const made = element("th", "", text);
  made.scope = scope;
  return made;
}

export function paper(place, figures, { technician }, dayName) {
  const edges = Array.from({ length: figures.days + 1 }, (_one, day) => plus(`${figures.from}T12:00`, day * DAY_MINUTES).slice(0, 10));
  const days = edges.slice(0, -1).map((day, number) => ({ from: `${day}T00:00`, until: `${edges[number + 1]}T00:00` }));
  const table = element("table", figures.days === 1 ? "week-plan single-day" : "week-plan");
  const head = table.createTHead().insertRow();
  head.append(heading("col", technician), ...days.map(({ from }) => heading("col", dayName(from))));
  const body = table.createTBody();
  for (const one of figures.technicians) {
    const row = body.insertRow();
    row.append(heading("row", one.name), ...days.map(({ from, until }) => cell(figures, one, from, until)));
  }
  place.replaceChildren(table);
}
