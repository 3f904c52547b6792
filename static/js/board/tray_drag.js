// Dragging an order from the tray onto the calendar, which knows only its own visits: by mouse at once, by finger after
// a moment's rest, so that the tray still scrolls.

const FAR = 6; // pixels
const REST_MS = 350;
const CLICK_MS = 100;

export function trayDrag(list, { find, over, drop, end }) {
  let drag;
  let endedAt = -CLICK_MS;

  function start() {
    drag.isOn = true;
    drag.ghost = drag.button.cloneNode(true);
    drag.ghost.classList.add("tray-ghost");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.style.width = `${drag.button.offsetWidth}px`;
    document.body.append(drag.ghost);
    document.documentElement.classList.add("dragging-order");
    follow();
  }

  function follow() {
    drag.ghost.style.transform = `translate(${drag.x + 10}px, ${drag.y + 10}px)`;
    over(drag.order, drag.x, drag.y);
  }

  function finish(isDropped) {
    clearTimeout(drag?.timer);
    const last = drag;
    drag = undefined;
    if (!last?.isOn) return;
    last.ghost.remove();
    document.documentElement.classList.remove("dragging-order");
    endedAt = performance.now();
    end();
    if (isDropped) drop(last.order, last.x, last.y);
  }

  list.addEventListener("pointerdown", (event) => {
    const button = event.target.closest("[data-order]");
    if (!button || event.button !== 0 || !event.isPrimary) return;
    const order = find(button.dataset.order);
    if (!order) return;
    drag = { button, order, fromX: event.clientX, fromY: event.clientY, x: event.clientX, y: event.clientY, isMouse: event.pointerType === "mouse" };
    if (!drag.isMouse) drag.timer = setTimeout(start, REST_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || !event.isPrimary) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    const isFar = Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY) >= FAR;
    if (drag.isOn) follow();
    else if (isFar && drag.isMouse) start();
    else if (isFar) finish(false);
  });
  document.addEventListener("pointerup", () => drag && finish(true));
  document.addEventListener("pointercancel", () => drag && finish(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && drag && finish(false));
  document.addEventListener("touchmove", (event) => drag?.isOn && event.preventDefault(), { passive: false });
  list.addEventListener("contextmenu", (event) => drag && !drag.isMouse && event.preventDefault());

  // The click that ends a drag is no wish to open the dialog.
  return { isOn: () => Boolean(drag?.isOn), wasClick: () => performance.now() - endedAt > CLICK_MS };
}
