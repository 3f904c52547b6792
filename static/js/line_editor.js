// A table of form rows as a spreadsheet: Enter and arrows walk the rows, rows are pasted, moved and removed, parts are
// suggested, totals come from the server. Without this file the same form works with its empty rows.
import { LineRows, put, readCells } from "fsm/line_rows";
import { Suggest } from "fsm/suggest";

const itemFields = {
  id: "stock_item_id", labor_rate_id: "labor_rate_id", description: "description", unit: "unit", amount: "amount", tax_rate: "tax_rate", account: "account", code: "code",
};

class LineEditor {
  #timer = 0;
  #request = null;

  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.rows = new LineRows(root);
    this.status = root.querySelector("[data-line-status]");
    if (root.dataset.itemsUrl) this.suggest = new Suggest(root.dataset.itemsUrl, (input, item) => this.fill(input, item));
    this.dress();
    const body = this.rows.body;
    body.addEventListener("keydown", (event) => this.key(event));
    body.addEventListener("click", (event) => this.click(event));
    body.addEventListener("paste", (event) => this.paste(event));
    body.addEventListener("input", (event) => event.target.matches("[data-item]") && this.typed(event.target));
    body.addEventListener("focusout", () => this.suggest?.close());
    const add = root.querySelector("[data-line-add]");
    add.hidden = false;
    add.addEventListener("click", () => this.append());
    root.querySelector("[data-line-hint]").hidden = false;
    for (const name of ["input", "change"]) this.form.addEventListener(name, () => this.ask());
    this.ask();
  }

  /** What only scripts can use is shown only by them; the keys Alt+arrows and Alt+Delete do the same as the tools. */
  dress() {
    for (const tools of this.root.querySelectorAll("[data-line-tools]")) {
      tools.hidden = false;
      for (const button of tools.children) button.tabIndex = -1;
    }
    if (this.suggest) for (const input of this.root.querySelectorAll("[data-item]")) this.suggest.prepare(input);
  }

  say(what) {
    this.status.textContent = this.status.dataset[what];
  }

  changed() {
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  append(after) {
    const row = this.rows.add(after);
    this.dress();
    this.rows.fields(row)[0].focus();
    this.say("added");
  }

  key(event) {
    const field = event.target;
    if (event.isComposing || !field.matches("input, select, textarea")) return;
    if (this.suggest?.key(event)) return;
    const row = field.closest("tr");
    const fields = this.rows.fields(row);
    const column = fields.indexOf(field);
    const last = row === this.rows.all.at(-1);
    if (event.altKey && event.key === "Delete") this.remove(row, column);
    else if (event.altKey && /^Arrow(Up|Down)$/.test(event.key)) this.move(row, event.key === "ArrowUp" ? -1 : 1, field);
    else if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) this.step(row, column, 1);
    else if (/^Arrow(Up|Down)$/.test(event.key) && field.matches("input")) this.step(row, column, event.key === "ArrowUp" ? -1 : 1, false);
    else if (event.key === "Tab" && !event.shiftKey && last && column === fields.length - 1 && !this.rows.isEmpty(row)) this.append();
    else return;
    event.preventDefault();
  }

  step(row, column, by, mayAdd = true) {
    const next = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (next) {
      const field = this.rows.fields(next)[column];
      field.focus();
      field.select?.();
    } else if (mayAdd && !this.rows.isEmpty(row)) {
      this.append();
    }
  }

  remove(row, column = 0) {
    const place = this.rows.remove(row);
    this.dress();
    this.rows.fields(place)[column].focus();
    this.say("removed");
    this.changed();
  }

  move(row, by, focus) {
    if (!this.rows.move(row, by)) return;
    focus?.focus();
    this.say("moved");
    this.changed();
  }

  click(event) {
    const button = event.target.closest("button");
    const row = button?.closest("tr");
    if (!row) return;
    if ("lineRemove" in button.dataset) this.remove(row);
    else if ("lineUp" in button.dataset) this.move(row, -1, button);
    else if ("lineDown" in button.dataset) this.move(row, 1, button);
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain").replace(/[\r\n]+$/, "");
    if (!/[\t\n]/.test(text) || !event.target.matches("input, select, textarea")) return;
    if (event.target.matches("textarea") && !text.includes("\t")) return;
    event.preventDefault();
    const row = this.rows.paste(event.target, readCells(text));
    this.dress();
    this.rows.fields(row)[0].focus();
    this.changed();
  }

  /** Other words are no longer that part. */
  typed(input) {
    for (const name of ["stock_item_id", "labor_rate_id"]) {
      const id = this.rows.field(input.closest("tr"), name);
      if (id && !input.value.trim()) id.value = "";
    }
    this.suggest?.search(input);
  }

  /** A choice becomes its line; a kit becomes its lines, the first one here and the others under it. */
  fill(input, item) {
    let row = input.closest("tr");
    const [first, ...others] = item.lines ?? [item];
    this.set(row, first);
    for (const other of others) {
      row = this.rows.add(row);
      this.set(row, other);
    }
    this.dress();
    const quantity = this.rows.field(row, "quantity");
    (quantity ?? input).focus();
    quantity?.select();
    if (others.length) this.say("added");
    this.changed();
  }

  set(row, item) {
    for (const [key, name] of Object.entries(itemFields)) {
      const field = this.rows.field(row, name);
      if (field && item[key] !== undefined && item[key] !== null) put(field, String(item[key]));
    }
    const quantity = this.rows.field(row, "quantity");
    if (quantity && item.quantity !== undefined) put(quantity, item.quantity);
    if (quantity && !quantity.value) quantity.value = "1";
  }

  ask() {
    const url = this.root.dataset.totalsUrl;
    if (!url) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.calculate(url), 250);
  }

  async calculate(url) {
    this.#request?.abort();
    this.#request = new AbortController();
    const data = new FormData(this.form);
    const token = data.get("csrf_token") ?? "";
    data.delete("form_key"); // Totals change nothing; the key belongs to saving.
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    try {
      const answer = await fetch(url, {
        method: "POST", body: data, signal: this.#request.signal, headers: { "X-CSRFToken": token, Accept: "text/html" },
      });
      if (answer.ok || answer.status === 422) this.show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") document.getElementById("totals")?.setAttribute("aria-busy", "true");
    }
  }

  show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("totals");
    if (!fresh) return;
    document.getElementById("totals")?.replaceWith(fresh);
    for (const [what, place] of [["totals", "total"], ["notes", "note"]]) {
      const values = fresh.querySelector(`template[data-line-${what}]`)?.content.querySelectorAll("data") ?? [];
      for (const { value, textContent } of values) {
        const output = this.root.querySelector(`[data-line-${place}="${CSS.escape(value)}"]`);
        if (output) output.textContent = textContent;
      }
    }
  }
}

export default function lineEditor(root) {
  new LineEditor(root);
}
