// What is chosen in a list: a range with Shift, all rows of the page, all that match; the bar says how many.
function boxes() {
  return [...document.querySelectorAll("[data-select]")];
}

function headBox(words) {
  const head = document.querySelector("table.list th.tick");
  if (!head) return null;
  const box = document.createElement("input");
  box.type = "checkbox";
  box.setAttribute("aria-label", words.page);
  const label = document.createElement("label");
  label.className = "check";
  label.append(box);
  head.replaceChildren(label);
  return box;
}

export default function selection(form) {
  const words = document.getElementById("selection-words").dataset;
  const all = form.querySelector("[data-all]");
  const said = form.querySelector("[data-chosen]");
  const more = form.querySelector("[data-select-all]");
  const clear = form.querySelector("[data-clear]");
  const head = headBox(words);
  let last = null;

  function show() {
    const list = boxes();
    const count = list.filter((box) => box.checked).length;
    const isPage = count === list.length && count > 0;
    if (!isPage) all.value = "";
    if (head) {
      head.checked = isPage;
      head.indeterminate = count > 0 && !isPage;
    }
    if (more) more.hidden = !isPage || all.value === "1";
    said.textContent = all.value ? more.dataset.text : count === 1 ? words.one : words.many.replace("{n}", String(count));
    for (const box of list) box.closest("tr").toggleAttribute("data-chosen-row", box.checked);
  }

  function tick(list, checked) {
    for (const box of list) box.checked = checked;
    show();
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !box.matches("[data-select]")) return;
    const list = boxes();
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      tick(list.slice(from, to + 1), box.checked);
    }
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target === head) tick(boxes(), head.checked);
    else if (event.target.matches?.("[data-select]")) show();
  });
  more?.addEventListener("click", () => {
    all.value = "1";
    show();
  });
  clear.hidden = false;
  clear.addEventListener("click", () => tick(boxes(), false));
  // Each press is a request of its own: the page stays after a download, and Back brings it back.
  const key = form.elements.namedItem("form_key");
  const renew = () => { key.value = crypto.randomUUID().replaceAll("-", ""); };
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-download")) setTimeout(renew, 1000);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) renew();
    show();
  });
  show();
}
