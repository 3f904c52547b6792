// The rows of a line editor: numbering, adding, removing, moving, and rows pasted from a spreadsheet.
export class LineRows {
  constructor(root) {
    this.prefix = root.dataset.lines;
    this.body = root.querySelector("tbody");
    this.blank = this.#emptied(this.all.at(-1));
  }

  get all() {
    return [...this.body.querySelectorAll(":scope > tr[data-line]")];
  }

  fields(row) {
    return [...row.querySelectorAll("td:not(.tools) :is(input:not([type=hidden]), select, textarea)")];
  }

  isEmpty(row) {
    return this.fields(row).every((field) => field.matches("select, [data-default]") || !field.value.trim());
  }

  /** The field of a row that carries the name, such as "quantity"; also hidden ones. */
  field(row, name) {
    return [...row.querySelectorAll("[name]")].find((field) => field.name.replace(/^.+?-\d+-/, "") === name);
  }

  add(after = this.all.at(-1)) {
    const row = this.blank.cloneNode(true);
    const above = this.fields(after);
    this.fields(row).forEach((field, column) => {
      if (field.matches("select")) field.value = above[column].value;
    });
    after.after(row);
    this.number();
    return row;
  }

  /** Takes the row away and returns the one that takes its place; the last row is emptied instead. */
  remove(row) {
    const place = row.nextElementSibling ?? row.previousElementSibling ?? this.add(row);
    row.remove();
    this.number();
    return place;
  }

  move(row, step) {
    const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return false;
    if (step < 0) other.before(row);
    else other.after(row);
    this.number();
    return true;
  }

  /** Names and ids follow the order on the screen, which is the order that the server reads. */
  number() {
    const pattern = new RegExp(`^${RegExp.escape ? RegExp.escape(this.prefix) : this.prefix}-\\d+`);
    this.all.forEach((row, index) => {
      const rename = (element, attribute) => {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replace(pattern, `${this.prefix}-${index}`));
      };
      for (const element of row.querySelectorAll("[name], [id], [aria-describedby]")) {
        for (const attribute of ["name", "id", "aria-describedby"]) rename(element, attribute);
      }
      row.querySelector("[data-line-total]")?.setAttribute("data-line-total", index);
      row.querySelector("[data-line-note]")?.setAttribute("data-line-note", index);
    });
  }

  /** Fills cells rightwards and downwards from a field, adding rows as needed; returns the last row filled. */
  paste(field, cells) {
    let row = field.closest("tr");
    const first = this.fields(row).indexOf(field);
    cells.forEach((values, down) => {
      if (down) row = row.nextElementSibling ?? this.add(row);
      const fields = this.fields(row).slice(first);
      values.slice(0, fields.length).forEach((value, right) => put(fields[right], value.trim()));
    });
    return row;
  }

  #emptied(row) {
    const copy = row.cloneNode(true);
    for (const field of copy.querySelectorAll("input, textarea")) {
      field.value = field.dataset.default ?? "";
      field.setAttribute("value", field.value);
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      if (field.matches("textarea")) field.textContent = "";
    }
    for (const field of copy.querySelectorAll("select")) field.removeAttribute("aria-invalid");
    for (const text of copy.querySelectorAll(".error")) text.remove();
    for (const text of copy.querySelectorAll("[data-line-total], [data-line-note]")) text.textContent = "";
    return copy;
  }
}

/** Sets a field; a select takes the option whose value or words are the same, "21" also finds "21 %". */
export function put(field, value) {
  if (!field.matches("select")) {
    field.value = field.matches("textarea") ? value : value.replace(/\s*[\r\n]+\s*/g, " ");
    return;
  }
  const same = (text) => text.replace(/[\s%]|[.,]0+(?=%|$)/g, "").toLowerCase();
  const option = [...field.options].find((one) => same(one.value) === same(value) || same(one.text) === same(value));
  if (option) field.value = option.value;
}

/** Tab-separated text as a spreadsheet copies it: cells with line breaks are quoted, quotes are doubled. */
export function readCells(text) {
  const cells = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r?\n|\r|$)/gy;
  for (let match; (match = pattern.exec(text)); ) {
    cells.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (pattern.lastIndex >= text.length) break;
    if (match[3] !== "\t") cells.push([]);
  }
  return cells;
}
