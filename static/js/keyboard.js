// The keys of every page. Those of one letter are silent while somebody types and where the profile has switched them
// off: / searches, j k x walk and tick rows, g and a letter go, ? tells, any other follows what carries it in data-key.
import { follow, tick, walk } from "fsm/rows";

const typing = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
const secondLetter = 1500; // milliseconds to press it in
let waitsUntil = 0; // for the letter after g

function visible(selector) {
  return [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
}

async function openPalette(only) {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const { open } = await import("fsm/palette");
  open(dialog, only);
}

/** Follows a link or presses a button; of a menu that it opens, the first choice gets the focus. */
function press(element) {
  element.click();
  const menu = element.closest("details");
  if (element.matches("summary") && menu.open) menu.querySelector(".pop :is(a, button)")?.focus();
}

function search() {
  const box = visible("main [data-search]") ?? visible("[data-search-all]");
  box?.focus();
  box?.select();
  return Boolean(box);
}

function turn(direction) {
  const link = visible(`main a[rel~=${direction}]`);
  link?.click();
  return Boolean(link);
}

async function tell() {
  const panel = document.getElementById("shortcuts");
  if (!panel) return;
  if (!panel.matches(":popover-open")) listKeys(panel);
  panel.togglePopover();
}

function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  link?.click();
  return Boolean(link);
}

function create() {
  const button = visible("[data-key=c]");
  if (button) press(button);
  else openPalette("create");
  return true;
}

const keys = {
  "/": search,
  "?": () => (tell(), true),
  j: () => walk(1),
  k: () => walk(-1),
  x: tick,
  c: create,
  g: () => (waitsUntil = Date.now() + secondLetter),
  "[": () => turn("prev"),
  "]": () => turn("next"),
};

function act(key) {
  const isSecond = Date.now() < waitsUntil;
  waitsUntil = 0;
  if (isSecond) return go(key);
  if (key in keys) return keys[key]();
  const target = visible(`[data-key="${CSS.escape(key)}"]`);
  if (target) press(target);
  return Boolean(target);
}

/** Sends the form that somebody is in, else the page's own: Ctrl+S by its first button, Ctrl+Enter by the primary one. */
function send(isSaving) {
  const own = document.activeElement?.closest("main form[method=post]");
  const form = own ?? visible("main form.form[method=post]");
  if (!form) return false;
  const buttons = [...form.elements].filter((element) => element.matches("button:is([type=submit], :not([type])), input[type=submit]"));
  form.requestSubmit((!isSaving && buttons.find((button) => button.matches(".primary"))) || buttons[0]);
  return true;
}

function withCommand(event) {
  const key = event.key.toLowerCase();
  if (key === "k" && !event.altKey && !event.shiftKey && document.getElementById("palette")) {
    openPalette();
    return true;
  }
  return (key === "s" || key === "enter") && !event.altKey && !event.shiftKey && !document.querySelector("dialog[open]") && send(key === "s");
}

function words(element) {
  const copy = element.cloneNode(true);
  for (const kbd of copy.querySelectorAll("kbd")) kbd.remove();
  return copy.textContent.trim().replace(/\s+/g, " ") || element.getAttribute("aria-label") || "";
}

/** The panel of "?" also tells the keys that only this page has, and where g leads. */
function listKeys(panel) {
  const here = [...document.querySelectorAll("[data-key]")].filter((element) => element.checkVisibility());
  const places = [...document.querySelectorAll("[data-go]")];
  const fill = (name, rows) => {
    const section = panel.querySelector(`[data-keys-of=${name}]`);
    section.hidden = !rows.length;
    section.querySelector("dl").replaceChildren(...rows.map(([key, meaning]) => {
      const row = panel.querySelector("template").content.cloneNode(true);
      row.querySelector("kbd").textContent = key;
      row.querySelector("dd").textContent = meaning;
      return row;
    }));
  };
  fill("page", here.map((element) => [element.dataset.key, words(element)]));
  fill("places", places.map((element) => [`g ${element.dataset.go}`, words(element)]));
}

export default function keyboard() {
  const isOff = document.documentElement.dataset.keys === "off";
  if (isOff) for (const element of document.querySelectorAll("[data-key][aria-keyshortcuts]")) element.removeAttribute("aria-keyshortcuts");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    // AltGr counts as Ctrl and Alt on some systems, and types [ and ] on Belgian keyboards.
    const isCommand = (event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (isCommand) {
      if (withCommand(event)) event.preventDefault();
      return;
    }
    if (event.altKey && !event.getModifierState("AltGraph")) return;
    const arrows = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in arrows && event.target.closest("[data-rows] tbody") && !event.target.closest(typing)) {
      event.preventDefault();
      walk(arrows[event.key]);
      return;
    }
    if (isOff || event.key.length !== 1 || event.target.closest(typing) || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => follow(event.target));
  for (const button of document.querySelectorAll("[data-palette]")) button.addEventListener("click", () => openPalette());
}
