// A row opens beside its list from 1200 px on: the list keeps scroll, page and selection, and the address gets ?open=12,
// so that Back closes it again. On a narrower screen, and without scripts, the row's link leads to the full page.
import { list } from "fsm/list_place";

const wide = window.matchMedia("(width >= 1200px)");

function rowOf(id) {
  return document.querySelector(`tr[data-id="${CSS.escape(id)}"][data-panel-url]`);
}

function opened() {
  return new URLSearchParams(location.search).get("open");
}

function addressWith(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("open", id);
  else url.searchParams.delete("open");
  return url;
}

async function summary(url) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    return answer.ok && !answer.redirected ? await answer.text() : null;
  } catch {
    return null;
  }
}

export default function panel(place) {
  let shown = null;

  function mark(id) {
    for (const row of document.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
    rowOf(id ?? "")?.setAttribute("aria-current", "true");
  }

  function close() {
    const row = shown && rowOf(shown);
    shown = null;
    place.hidden = true;
    place.replaceChildren();
    mark(null);
    row?.querySelector("a[href]")?.focus({ preventScroll: true });
  }

  async function open(id) {
    const row = rowOf(id);
    if (!row) {
      close();
      return;
    }
    shown = id;
    mark(id);
    place.hidden = false;
    place.setAttribute("aria-busy", "true");
    const text = await summary(row.dataset.panelUrl);
    if (shown !== id) return; // closed, or another row, before the answer came
    place.removeAttribute("aria-busy");
    if (text === null) {
      location.assign(row.dataset.href); // logged out, gone, no network: the page itself says so
      return;
    }
    const template = document.createElement("template");
    template.innerHTML = text;
    place.replaceChildren(template.content);
    place.scrollTop = 0;
  }

  function follow() {
    const id = wide.matches ? opened() : null;
    if (id === shown) return;
    if (id) open(id);
    else if (shown) close();
  }

  function go(id) {
    if (id === opened()) return;
    // From row to row the address is replaced: Back leads out of the panel, not through every row looked at.
    if (!id && history.state?.panel) {
      history.back();
      return;
    }
    if (opened()) history.replaceState(history.state, "", addressWith(id));
    else history.pushState({ panel: true }, "", addressWith(id));
    follow();
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (event.target.closest("[data-panel-close]")) return void go(null);
    const row = event.target.closest("tr[data-panel-url]");
    if (!row || !wide.matches) return;
    const link = event.target.closest("a, button, input, label, select, summary");
    if (link && link.getAttribute("href") !== row.dataset.href) return;
    if (!link && String(window.getSelection())) return; // somebody copies text
    event.preventDefault();
    go(row.dataset.id);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !shown) return;
    if (document.querySelector("details.menu[open], :popover-open")) return;
    go(null);
  });
  list();
  window.addEventListener("popstate", follow);
  wide.addEventListener("change", () => (wide.matches ? follow() : shown && close()));
  follow();
}
