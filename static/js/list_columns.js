// The arrows of the column chooser move a line at once; the form is sent by its button. Without scripts each arrow sends it.
export default function columns(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest('button[name="move"]');
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    const isUp = button.value.startsWith("up:");
    const other = isUp ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(item);
    else other.after(item);
    button.focus();
  });
}
