// The PDF preview beside an editor or a review. Its button opens it, and it stays open from page to page; while one
// types it follows, half a second behind. Without scripts the button is a link that opens the PDF itself.
const KEY = "preview";
const PAUSE = 700;

function kept() {
  try { return sessionStorage.getItem(KEY) === "open"; } catch { return false; }
}

function keep(open) {
  try { sessionStorage.setItem(KEY, open ? "open" : "closed"); } catch { /* a private window forgets */ }
}

export default function preview(panel) {
  const button = document.querySelector("[data-preview-toggle]");
  const pages = panel.querySelector("[data-pages]");
  const form = panel.dataset.form ? document.getElementById(panel.dataset.form) : null;
  let timer = null;
  let asked = null;

  function request() {
    if (!form) return [panel.dataset.preview, {}];
    const body = new URLSearchParams(new FormData(form));
    const token = body.get("csrf_token") ?? "";
    body.delete("form_key");
    return [panel.dataset.preview, { method: "POST", body, headers: { "X-CSRFToken": token } }];
  }

  async function load() {
    asked?.abort();
    asked = new AbortController();
    pages.classList.add("htmx-request");
    const [url, options] = request();
    try {
      const answer = await fetch(url, { ...options, signal: asked.signal });
      if (answer.redirected || answer.status >= 500) throw new Error(String(answer.status));
      pages.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      pages.textContent = panel.dataset.failed;
    }
    pages.classList.remove("htmx-request");
  }

  function soon() {
    if (panel.hidden) return;
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE);
  }

  function show(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) load();
  }

  if (!button) return;
  button.setAttribute("role", "button");
  button.setAttribute("aria-controls", panel.id);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(panel.hidden);
    keep(!panel.hidden);
    if (!panel.hidden && matchMedia("(width < 1200px)").matches) panel.scrollIntoView({ behavior: "smooth" });
  });
  form?.addEventListener("input", soon);
  form?.addEventListener("change", soon);
  show(kept() && matchMedia("(width >= 1200px)").matches);
}
