// Warns before leaving a form whose fields differ from what the server sent.
const watched = new Map();

function state(form) {
  const data = new FormData(form);
  data.delete("form_key");
  return JSON.stringify([...data].map(([name, value]) => [name, value.name ?? value]));
}

function isDirty(form) {
  return form.isConnected && !("sent" in form.dataset) && watched.get(form) !== state(form);
}

window.addEventListener("beforeunload", (event) => {
  if ([...watched.keys()].some(isDirty)) event.preventDefault();
});

export default function unsaved(form) {
  // A page that came back with errors holds work that is saved nowhere.
  watched.set(form, form.querySelector("[data-errors]") ? "" : state(form));
}
