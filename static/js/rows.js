// Walking a list by keyboard: the chosen row has the focus on its link, so Enter opens it by itself.
function all() {
  return [...document.querySelectorAll("[data-rows] tbody > tr")].filter((row) => row.querySelector("a[href]") && row.checkVisibility());
}

function chosen() {
  return document.querySelector("[data-rows] tbody > tr.chosen");
}

/** Moves to the next or the previous row, across the lists of a page; false where there is no row. */
export function walk(step) {
  const rows = all();
  if (!rows.length) return false;
  const at = rows.indexOf(chosen());
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.classList.remove("chosen");
  next.classList.add("chosen");
  next.querySelector("a[href]").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

/** Ticks the chosen row, or takes the tick away; false where it has no box. */
export function tick() {
  const box = chosen()?.querySelector("input[type=checkbox]:not(:disabled)");
  box?.click();
  return Boolean(box);
}

/** The row that holds the focus is the chosen one, however the focus came there. */
export function follow(target) {
  const row = target.closest("[data-rows] tbody > tr");
  for (const other of document.querySelectorAll("tr.chosen")) if (other !== row) other.classList.remove("chosen");
  if (row?.querySelector("a[href]")) row.classList.add("chosen");
}
