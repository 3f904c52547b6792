// Type-ahead on parts: an accessible combobox. The list lies in the top layer, so no table clips it.
let serial = 0;

export class Suggest {
  #input = null;
  #items = [];
  #at = -1;
  #timer = 0;
  #request = null;

  constructor(url, choose) {
    this.url = url;
    this.choose = choose;
    this.list = document.createElement("ul");
    this.list.className = "suggest";
    this.list.id = `suggest-${(serial += 1)}`;
    this.list.role = "listbox";
    this.list.popover = "manual";
    document.body.append(this.list);
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#take([...this.list.children].indexOf(option));
    });
    window.addEventListener("scroll", () => this.close(), { passive: true, capture: true });
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  prepare(input) {
    const label = input.getAttribute("aria-label");
    if (label) this.list.setAttribute("aria-label", label);
    input.role = "combobox";
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
  }

  search(input) {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#input = input;
    const words = input.value.trim();
    if (words.length < 2) {
      this.close();
      return;
    }
    this.#timer = setTimeout(() => this.#ask(words), 150);
  }

  async #ask(words) {
    this.#request = new AbortController();
    try {
      const answer = await fetch(`${this.url}${this.url.includes("?") ? "&" : "?"}q=${encodeURIComponent(words)}`, {
        signal: this.#request.signal,
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) return;
      const items = await answer.json();
      if (this.#input === document.activeElement) this.#show(items);
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // Without a network the line is typed by hand.
    }
  }

  #show(items) {
    this.#items = items;
    this.#at = -1;
    this.list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("li");
      option.role = "option";
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("aria-selected", "false");
      const words = document.createElement("span");
      words.textContent = item.description;
      const facts = document.createElement("small");
      facts.textContent = [item.code, item.amount, item.hint].filter(Boolean).join(" · ");
      option.append(words, facts);
      return option;
    }));
    if (!items.length) {
      this.close();
      return;
    }
    if (!this.isOpen) this.list.showPopover();
    const box = this.#input.getBoundingClientRect();
    const above = box.bottom + this.list.offsetHeight + 8 > window.innerHeight && box.top > this.list.offsetHeight;
    this.list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - this.list.offsetWidth - 8))}px`;
    this.list.style.top = `${above ? box.top - this.list.offsetHeight - 4 : box.bottom + 4}px`;
    this.#input.setAttribute("aria-expanded", "true");
  }

  #mark(at) {
    this.#at = (at + this.#items.length) % this.#items.length;
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#at)));
    this.#input.setAttribute("aria-activedescendant", `${this.list.id}-${this.#at}`);
    this.list.children[this.#at].scrollIntoView({ block: "nearest" });
  }

  #take(at) {
    const input = this.#input;
    const item = this.#items[at];
    this.close();
    if (item) this.choose(input, item);
  }

  /** True when the key was for the list. */
  key(event) {
    if (!this.isOpen) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.#mark(this.#at < 0 && event.key === "ArrowUp" ? -1 : this.#at + steps[event.key]);
    else if ((event.key === "Enter" || event.key === "Tab") && this.#at >= 0) this.#take(this.#at);
    else if (event.key === "Escape") this.close();
    else return false;
    if (event.key !== "Tab") event.preventDefault();
    return true;
  }

  close() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    if (this.isOpen) this.list.hidePopover();
    this.#input?.setAttribute("aria-expanded", "false");
    this.#input?.removeAttribute("aria-activedescendant");
  }
}
