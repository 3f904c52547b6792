// Words, figures and elements.
const texts = JSON.parse(document.getElementById("texts").textContent);
const { zone, sprite } = document.body.dataset;
const tongue = document.documentElement.lang;
const locale = tongue === "en" ? "en-GB" : tongue;
const SVG = "http://www.w3.org/2000/svg";

export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// h("button", {class: "primary", onclick: f}, "Text", other)
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export function button(words, name, kind, onclick, more = {}) {
  return h("button", { type: "button", class: `button ${kind}`, onclick, ...more }, name ? icon(name) : null, words);
}

const formats = new Map();
function format(moment, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }));
  return formats.get(key).format(new Date(moment));
}
export const clock = (moment) => format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const day = (moment) => format(moment, { weekday: "long", day: "numeric", month: "long" });
export const shortDay = (moment) => format(moment, { day: "numeric", month: "short", year: "numeric" });
export const dayAndClock = (moment) => `${format(moment, { weekday: "short", day: "numeric", month: "short" })} ${clock(moment)}`;
export const isoDay = (moment) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(moment));

// What the clock on the wall of the company's zone says, as a moment: the tablet may stand in another zone.
export function moment(isoDate, time) {
  const wanted = Date.parse(`${isoDate}T${time}:00Z`);
  if (Number.isNaN(wanted)) return null;
  let found = wanted;
  for (let round = 0; round < 2; round += 1) found = wanted - offset(found);
  return new Date(found).toISOString();
}
function offset(at) {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).format(new Date(at));
  return Date.parse(`${parts.replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
}

export function span(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (!hours) return t("minutes", { minutes: rest });
  return rest ? t("hours_minutes", { hours, minutes: String(rest).padStart(2, "0") }) : t("hours", { hours });
}

export function quantity(text) {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(Number(text));
}

// "2,5" and "2.5" alike; null where it is no number of two decimals.
export function typedQuantity(text) {
  const plain = text.trim().replace(",", ".");
  return /^\d{1,6}(\.\d{1,2})?$/.test(plain) && Number(plain) > 0 ? plain : null;
}

export function notice(kind, ...children) {
  const name = { error: "s-overdue", warning: "s-warning", success: "s-done" }[kind] ?? "info";
  return h("div", { class: `notice ${kind}` }, icon(name), h("div", {}, ...children));
}

export function lines(words) {
  return h("p", { class: "text" }, words);
}

let sayTimer = null;
export function say(kind, words) {
  const place = document.getElementById("notices");
  place.replaceChildren(notice(kind, h("p", {}, words)));
  clearTimeout(sayTimer);
  if (kind !== "error") sayTimer = setTimeout(() => place.replaceChildren(), 6000);
}
export function clearSaid() {
  document.getElementById("notices").replaceChildren();
}

// A labelled field; its error stands under it.
export function field(label, control, hint) {
  const id = control.id || `f${Math.random().toString(36).slice(2)}`;
  control.id = id;
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  control.setAttribute("aria-describedby", error.id);
  const box = h("div", { class: "field" }, h("label", { for: id }, label), control, hint ? h("p", { class: "hint" }, hint) : null, error);
  box.refuse = (words) => {
    error.textContent = words ?? "";
    error.hidden = !words;
    if (words) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    if (words) control.focus();
  };
  return box;
}

// The small mark of what is not at the server yet.
export function waits(row) {
  if (!row.waits) return null;
  return h("span", { class: `waits ${row.waits}` }, icon(row.waits === "refused" ? "s-overdue" : "upload"), h("span", { class: "sr" }, t(row.waits === "refused" ? "refused" : "waits")));
}
