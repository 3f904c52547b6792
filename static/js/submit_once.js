// A form is sent once: its buttons rest while the answer is awaited. The idempotency key in the form stays the
// same, so that a second press after Back is the same request for the server. A download leaves the page where it
// is, so the form wakes by itself after a while; pressing again is then harmless for the same reason.
const longest = 20_000; // milliseconds

function rest(form) {
  form.dataset.sent = "";
  for (const button of document.querySelectorAll("button")) {
    if (button.form === form && button.type === "submit") button.setAttribute("aria-busy", "true");
  }
  setTimeout(wake, longest);
}

function wake() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
}

export default function submitOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else {
      queueMicrotask(() => event.defaultPrevented || rest(form));
    }
  }, { capture: true });
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  document.addEventListener("htmx:finally:request", wake);
}
