// One-letter keys, silent while somebody types: / searches, j and k walk the rows, ? shows all of them,
// any other letter follows the visible link or button that carries it in data-key.
const typing = "input, textarea, select, [contenteditable]";

function visible(selector) {
  return [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
}

function rows() {
  return [...document.querySelectorAll("[data-rows] tbody > tr")].filter((row) => row.querySelector("a[href]"));
}

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("chosen"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all[at]?.classList.remove("chosen");
  next.classList.add("chosen");
  next.querySelector("a[href]").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function act(key) {
  if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
    return rows().length > 0;
  }
  if (key === "?") {
    document.getElementById("shortcuts")?.togglePopover();
    return true;
  }
  const target = key === "/" ? visible("[data-search]") ?? visible("[data-search-all]") : visible(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (key === "/") {
    target.focus();
    target.select();
  } else {
    target.click();
  }
  return true;
}

export default function keyboard() {
  document.addEventListener("keydown", (event) => {
    const palette = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (palette) {
      const box = visible("[data-search-all]");
      box?.focus();
      if (box) event.preventDefault();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const arrows = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in arrows && event.target.closest("[data-rows] tbody")) {
      event.preventDefault();
      walk(arrows[event.key]);
      return;
    }
    if (event.key.length !== 1 || event.target.closest(typing)) return;
    if (act(event.key)) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-rows] tbody > tr");
    for (const other of document.querySelectorAll("tr.chosen")) if (other !== row) other.classList.remove("chosen");
  });
}
