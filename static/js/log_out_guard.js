// A tablet's work that is not sent yet: logging out is refused while it waits (the outbox is the user's own), and with
// nothing left the user's data leaves the device.
export default function logOutGuard(form) {
  form.addEventListener("submit", async (event) => {
    if ("checked" in form.dataset || !indexedDB.databases) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const names = (await indexedDB.databases()).map((database) => database.name);
    if (names.includes("fsm-tablet")) {
      const { closeStore, currentUser, deviceStore, waiting } = await import("./tablet/outbox.js");
      const user = await currentUser();
      if (user && String(user.id) === form.dataset.user) {
        if ((await waiting(user.id)).length) return refuse();
        await closeStore(user.id);
        indexedDB.deleteDatabase(`fsm-tablet-${user.id}`);
        await (await deviceStore()).delete("device", "user");
      }
    }
    form.dataset.checked = "";
    form.requestSubmit();
  }, { capture: true });
}

function refuse() {
  const text = document.getElementById("not-sent");
  document.getElementById("flashes").replaceChildren(text.content.cloneNode(true));
}
