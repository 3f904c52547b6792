// Starts what a page asks for by its attributes, and again after each htmx swap.
import theme from "fsm/theme";
import keyboard from "fsm/keyboard";
import submitOnce from "fsm/submit_once";

const modules = [
  ["[data-lines]", () => import("fsm/line_editor")],
  ["canvas[data-signature]", () => import("fsm/signature")],
  ["[data-upload]", () => import("fsm/upload_preview")],
  ["form[data-unsaved]", () => import("fsm/unsaved")],
  ["form[data-selection]", () => import("fsm/list_selection")],
  ["form[data-columns]", () => import("fsm/list_columns")],
  ["[data-panel]", () => import("fsm/list_panel")],
  ["a.back", () => import("fsm/list_place")],
  ["[data-preview]", () => import("fsm/preview")],
  ["[data-chart]", () => import("fsm/chart")],
  ["form[data-log-out]", () => import("fsm/log_out_guard")],
];
const htmxAttributes = "[hx-get], [hx-post], [hx-boost], [hx-boost\\:inherited]";
const started = new WeakMap();

function once(element, name) {
  const names = started.get(element) ?? new Set();
  started.set(element, names);
  return !names.has(name) && names.add(name);
}

async function enhance(root) {
  for (const [selector, load] of modules) {
    const elements = [...root.querySelectorAll(selector)].filter((element) => once(element, selector));
    if (!elements.length) continue;
    const { default: start } = await load();
    elements.forEach(start);
  }
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    if (event.type === "keydown" || !menu.contains(event.target)) menu.open = false;
  }
}

function foldNavigation() {
  const button = document.querySelector("[data-narrow]");
  if (!button) return;
  const root = document.documentElement;
  const show = () => button.setAttribute("aria-pressed", String(root.dataset.navigation === "narrow"));
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const narrow = root.dataset.navigation !== "narrow";
    if (narrow) root.dataset.navigation = "narrow";
    else delete root.dataset.navigation;
    document.cookie = `navigation=${narrow ? "narrow" : "wide"}; path=/; max-age=31536000; samesite=lax`;
    show();
  });
}

function sayItFailed() {
  const flashes = document.getElementById("flashes");
  const text = document.getElementById("went-wrong");
  if (flashes && text) flashes.replaceChildren(text.content.cloneNode(true));
}

async function loadHtmx() {
  if (!document.querySelector(htmxAttributes)) return;
  await import("htmx");
  document.addEventListener("htmx:after:swap", () => enhance(document));
  document.addEventListener("htmx:error", sayItFailed);
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.raw.status >= 500) sayItFailed();
  });
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
  });
}

theme();
keyboard();
submitOnce();
foldNavigation();
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(event));
document.querySelector("[data-errors]")?.focus();
enhance(document);
loadHtmx();
document.documentElement.dataset.ready = "";
