// Times as the clock on the wall shows them, and the texts of the page with their gaps filled.

export const wall = (date) => {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
};

export const plus = (text, minutes) => wall(new Date(new Date(text).getTime() + minutes * 60_000));
export const minutesBetween = (start, end) => Math.round((new Date(end) - new Date(start)) / 60_000);
export const clock = (text) => text.slice(11, 16);

export function dayOf(text, language) {
  return new Date(text).toLocaleDateString(language, { weekday: "short", day: "numeric", month: "short" });
}

export function fill(text, ...values) {
  let place = 0;
  return text.replaceAll("%s", () => values[place++] ?? "");
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
