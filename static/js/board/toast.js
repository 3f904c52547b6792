// The last change with its undo, for ten seconds; what was refused stays until it is read.
import { element } from "./words.js";

const UNDO_MS = 10_000;

export function toast(box, said, texts) {
  let timer;
  let undo;

  function hide() {
    clearTimeout(timer);
    undo = undefined;
    box.hidden = true;
  }

  function show(text, kind, back, warnings = []) {
    hide();
    undo = back;
    box.className = `undo ${kind}`;
    const words = element("div");
    words.append(element("p", "", text));
    if (warnings.length) {
      const list = element("ul");
      list.append(...warnings.map((warning) => element("li", "", warning)));
      words.append(list);
    }
    const button = element("button", "button plain", back ? texts.undo : "✕");
    button.type = "button";
    if (!back) button.setAttribute("aria-label", texts.close);
    button.addEventListener("click", back ? run : hide);
    box.replaceChildren(words, button);
    box.hidden = false;
    said.textContent = [text, ...warnings].join(" ");
    if (kind !== "error") timer = setTimeout(hide, UNDO_MS);
  }

  async function run() {
    const back = undo;
    hide();
    await back?.();
  }

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, select, textarea, dialog");
    if (!undo || isTyping || event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });

  return { changed: (text, back, warnings) => show(text, "changed", back, warnings), refused: (text) => show(text, "error"), told: (text) => show(text, "changed") };
}
