// Ctrl+K: what this page can do, where one can go, what can be made, and what the words find. One dialog, one combobox.
const pause = 120; // milliseconds after the last letter before the server is asked
const most = 8; // of each group while nothing is typed
let palette = null;

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Every word typed begins a word of the text, in any order. */
function matches(text, typed) {
  const words = fold(text).split(/[^\p{L}\p{N}]+/u);
  return fold(typed).split(/[^\p{L}\p{N}]+/u).filter(Boolean).every((part) => words.some((word) => word.startsWith(part)));
}

function text(element) {
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, svg, .pop, .count")) extra.remove();
  return copy.textContent.trim().replace(/\s+/g, " ") || element.getAttribute("aria-label") || "";
}

/** What the buttons of this page do. A menu's choices are told with the menu's name; a question is opened, not answered. */
function actsOfPage() {
  const found = [...document.querySelectorAll(".top .actions :is(a[href], button, .confirm > summary), main [data-key], main [data-action-key]")];
  return found
    .filter((element) => !element.closest(".confirm > form") && !element.closest("dialog, template"))
    .map((element) => {
      const menu = element.parentElement.closest(".actions details.menu:not(.confirm)");
      return {
        label: element.dataset.actionKey || text(element),
        hint: menu ? text(menu.querySelector("summary")) : "",
        keys: element.dataset.key ?? "",
        use: element.querySelector("use")?.getAttribute("href"),
        address: element.pathname ? element.pathname + element.search : "",
        run: () => runHere(element),
      };
    })
    .filter((row) => row.label);
}

function runHere(element) {
  if (!element.matches("summary")) {
    element.click();
    return;
  }
  for (let menu = element.closest("details"); menu; menu = menu.parentElement.closest("details")) menu.open = true;
  element.closest("details").querySelector(".pop :is(a, button)")?.focus();
}

class Palette {
  #rows = [];
  #at = 0;
  #timer = 0;
  #request = null;
  #commands = null;
  #found = { text: "", groups: [] };
  #only = "";

  constructor(dialog) {
    this.dialog = dialog;
    this.input = dialog.querySelector("input");
    this.list = dialog.querySelector("[role=listbox]");
    this.status = dialog.querySelector("[role=status]");
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.run(this.#rows[Number(option.dataset.at)], event.ctrlKey || event.metaKey);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.querySelector("[data-palette-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => this.#stop());
  }

  async open(only = "") {
    this.#only = only;
    this.#found = { text: "", groups: [] };
    this.input.value = "";
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
    this.show();
    if (!this.#commands) {
      try {
        const answer = await fetch(this.dialog.dataset.commands, { headers: { Accept: "application/json" } });
        if (answer.ok) this.#commands = await answer.json();
      } catch {
        // Without a network there is still what this page can do.
      }
      this.show();
    }
  }

  get typedText() {
    return this.input.value.trim();
  }

  typed() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
    if (!this.typedText) this.#found = { text: "", groups: [] };
    else if (this.#only !== "create") this.#timer = setTimeout(() => this.#ask(this.typedText), pause);
    this.show();
  }

  async #ask(words) {
    this.#request = new AbortController();
    try {
      const url = `${this.dialog.dataset.live}?q=${encodeURIComponent(words)}`;
      const answer = await fetch(url, { signal: this.#request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      this.#found = { text: words, groups: await answer.json() };
      this.show();
    } catch (error) {
      if (error.name !== "AbortError") this.status.textContent = this.dialog.dataset.failed;
    }
  }

  groups() {
    const typed = this.typedText;
    const commands = this.#commands ?? [];
    if (this.#only === "create") return this.#matching(commands.filter((group) => group.name === "create"), typed);
    const page = { label: this.dialog.dataset.page, rows: actsOfPage() };
    const here = new Set(page.rows.map((row) => row.address));
    const others = commands.map((group) => ({ ...group, rows: group.rows.filter((row) => !here.has(row.url)) }));
    const local = this.#matching([page, ...others], typed);
    if (!typed) return local.map((group) => ({ ...group, rows: group.rows.slice(0, most) }));
    const jump = this.#found.groups.filter((group) => group.is_exact);
    const rest = this.#found.groups.filter((group) => !group.is_exact);
    const everywhere = { label: "", rows: [{ label: `${this.dialog.dataset.all} “${typed}”`, icon: "search", url: this.#searchUrl() }] };
    return [...jump, ...local, ...rest, everywhere];
  }

  #matching(groups, typed) {
    return groups
      .map((group) => ({ ...group, rows: group.rows.filter((row) => matches(`${row.label} ${row.hint ?? ""} ${group.label}`, typed)) }))
      .filter((group) => group.rows.length);
  }

  #searchUrl() {
    return `${this.dialog.dataset.search}?q=${encodeURIComponent(this.typedText)}`;
  }

  show() {
    this.#rows = [];
    this.list.replaceChildren(...this.groups().map((group, index) => this.#group(group, index)));
    const count = this.#rows.length;
    this.list.hidden = !count;
    this.input.setAttribute("aria-expanded", String(count > 0));
    this.status.textContent = count ? this.dialog.dataset.count.replace("0", String(count)) : this.dialog.dataset.nothing;
    this.mark(0);
  }

  #group(group, index) {
    const box = document.createElement("div");
    box.role = "group";
    const title = document.createElement("div");
    title.className = "title";
    title.id = `palette-group-${index}`;
    title.textContent = group.label;
    if (group.label) box.setAttribute("aria-labelledby", title.id);
    else box.setAttribute("aria-label", this.dialog.dataset.all);
    box.append(...(group.label ? [title] : []), ...group.rows.map((row) => this.#option(row)));
    return box;
  }

  #option(row) {
    const option = document.createElement("div");
    const at = this.#rows.push(row) - 1;
    option.role = "option";
    option.id = `palette-${at}`;
    option.dataset.at = String(at);
    option.setAttribute("aria-selected", "false");
    option.append(this.#icon(row));
    const words = document.createElement("span");
    words.textContent = row.label;
    option.append(words);
    if (row.hint) option.append(Object.assign(document.createElement("small"), { textContent: row.hint }));
    if (row.keys) option.append(Object.assign(document.createElement("kbd"), { textContent: row.keys }));
    return option;
  }

  #icon(row) {
    const icon = this.dialog.querySelector("svg").cloneNode(true);
    icon.querySelector("use").setAttribute("href", row.use ?? `${this.dialog.dataset.sprite}#${row.icon || "dot"}`);
    return icon;
  }

  mark(at) {
    const options = this.list.querySelectorAll("[role=option]");
    options[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = options.length ? (at + options.length) % options.length : 0;
    options[this.#at]?.setAttribute("aria-selected", "true");
    options[this.#at]?.scrollIntoView({ block: "nearest" });
    if (options.length) this.input.setAttribute("aria-activedescendant", `palette-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: most, PageUp: -most };
    if (event.key in steps) this.mark(Math.abs(steps[event.key]) > 1 ? this.#clamped(steps[event.key]) : this.#at + steps[event.key]);
    else if (event.key === "Enter") this.#enter(event.ctrlKey || event.metaKey);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") this.dialog.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #clamped(step) {
    return Math.min(Math.max(this.#at + step, 0), this.#rows.length - 1);
  }

  /** Who types a number and Enter faster than the server answers still gets there: the search page jumps as well. */
  #enter(elsewhere) {
    const row = this.#rows[this.#at];
    const isEarly = this.typedText && this.#only !== "create" && this.#found.text !== this.typedText;
    const isDocument = /\d/.test(this.typedText);
    if (isEarly && (isDocument || !row)) this.run({ url: this.#searchUrl() }, elsewhere);
    else if (row) this.run(row, elsewhere);
  }

  run(row, elsewhere) {
    this.dialog.close(); // gives the focus back first, so that what is run may move it
    if (row.run) row.run();
    else if (elsewhere) window.open(row.url, "_blank", "noopener");
    else window.location.assign(row.url);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }
}

export function open(dialog, only) {
  palette ??= new Palette(dialog);
  palette.open(only);
}
