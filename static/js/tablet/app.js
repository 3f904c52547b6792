// The tablet's page: drawn from what lies on the device, whether there is a network or not.
import * as outbox from "./outbox.js";
import * as sync from "./sync.js";
import { drawToday } from "./today.js";
import { drawOrder, leaveOrder } from "./order.js";
import { drawQueue } from "./queue.js";
import { overlaid } from "./overlay.js";
import { button, clearSaid, h, icon, notice, say, t } from "./ui.js";

const main = document.getElementById("main");
const top = document.getElementById("top");
const { desk, login } = document.body.dataset;
let shownPlace = null;
let fresh = null; // a newer version that waits to be started

// Everything that the pages show, read at once.
async function load() {
  const [user, locked] = await Promise.all([outbox.currentUser(), outbox.deviceStore().then((db) => db.get("device", "locked"))]);
  if (!user) return { user: null, locked };
  const db = await outbox.storeOf(user.id);
  const tx = db.transaction(["outbox", "sent", "orders", "meta"]);
  const [queue, sent, orders, pulled, catalog] = await Promise.all([
    tx.objectStore("outbox").getAll(),
    tx.objectStore("sent").getAll(),
    tx.objectStore("orders").getAll(),
    tx.objectStore("meta").get("pulled"),
    tx.objectStore("meta").get("catalog"),
  ]);
  const operations = [...sent.sort((one, other) => one.seq - other.seq), ...queue];
  const arrived = new Set(pulled?.operations ?? []);
  const shown = orders.map((order) => overlaid(order, operations, arrived));
  return { user, locked, db, queue, sent, orders: shown, pulled, items: catalog?.items ?? [], kits: catalog?.kits ?? [] };
}

function place() {
  const [, name = "today", id] = location.hash.split("/");
  return { name: ["order", "queue"].includes(name) ? name : "today", id: Number(id) };
}

let drawing = null;
let stale = false;
export function draw() {
  if (drawing) {
    stale = true;
    return drawing;
  }
  drawing = drawOnce().finally(() => {
    drawing = null;
    if (stale) {
      stale = false;
      draw();
    }
  });
  return drawing;
}

async function drawOnce() {
  const data = await load();
  const here = place();
  const moved = shownPlace && (shownPlace.name !== here.name || shownPlace.id !== here.id);
  if (moved && shownPlace.name === "order") leaveOrder();
  drawTop(data, here);
  if (data.locked || !data.user) drawLocked(data);
  else if (here.name === "order") drawOrder(main, data, here.id, api);
  else if (here.name === "queue") drawQueue(main, data, api);
  else drawToday(main, data, api);
  if (here.name !== "order" || data.locked || !data.user) document.getElementById("steps").replaceChildren();
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  shownPlace = here;
  document.documentElement.dataset.ready = "";
}

function drawTop(data, here) {
  const isHome = here.name === "today";
  const left = isHome
    ? h("span", { class: "mark" }, icon("truck"))
    : h("a", { class: "button quiet icon-only", href: "#/today", "aria-label": t("today") }, icon("left"));
  const order = here.name === "order" && !data.locked ? data.orders?.find((row) => row.id === here.id) : null;
  const title = order ? order.number : here.name === "queue" ? t("queue") : t("my_work");
  const parts = [left, h("h1", {}, title), pill(data), menu(data)];
  const key = JSON.stringify([title, isHome, pillOf(data), data.user?.name, Boolean(fresh)]);
  if (top.dataset.key === key) return;
  top.dataset.key = key;
  top.replaceChildren(...parts);
}

function pillOf({ user, queue = [], locked }) {
  if (!user || locked) return ["locked", t("locked")];
  const refused = queue.filter((operation) => operation.state === "refused").length;
  const count = queue.length;
  const kind = refused ? "refused" : count ? "waiting" : "saved";
  const words = [refused ? t("refused_count", { count: refused }) : null, count > refused ? t("waiting_count", { count: count - refused }) : null];
  return [kind, words.filter(Boolean).join(" · ") || t("all_saved"), sync.state.network === "offline"];
}

function pill(data) {
  const [kind, words, isOffline] = pillOf(data);
  const name = { refused: "s-overdue", waiting: "upload", saved: "check", locked: "lock" }[kind];
  return h("a", { class: `pill ${kind}`, href: "#/queue", id: "pill" }, icon(isOffline && kind !== "refused" ? "offline" : name), h("span", {}, words));
}

function menu({ user }) {
  const items = [
    user ? h("p", { class: "hint" }, user.name) : null,
    fresh ? button(t("start_new_version"), "refresh", "quiet", startNewVersion) : null,
    button(t("refresh"), "refresh", "quiet", () => sync.now()),
    button(t("light_dark"), "sun", "quiet", turnLight),
    h("a", { class: "button quiet", href: desk }, icon("home"), t("desk_pages")),
    button(t("log_out"), "logout", "quiet", logOut),
  ];
  return h("details", { class: "menu" }, h("summary", { class: "button quiet icon-only", "aria-label": t("menu") }, icon("menu")), h("div", { class: "pop" }, items));
}

function drawLocked({ user, locked, queue = [] }) {
  const key = JSON.stringify(["locked", user?.name, locked, queue.length, sync.state]);
  if (main.dataset.key === key) return;
  main.dataset.key = key;
  const first = !user && !locked;
  const words = first
    ? t(sync.state.network === "offline" || sync.state.network === "server" ? "first_needs_network" : "first_load")
    : user && queue.length ? t("locked_waiting", { name: user.name, count: queue.length }) : t("locked_text");
  main.replaceChildren(
    h("section", { class: "card empty" }, icon(first ? "cloud" : "lock"), h("h2", {}, first ? t("one_moment") : t("log_in_to_go_on")), h("p", {}, words),
      first ? button(t("try_again"), "refresh", "primary big", () => sync.now()) : h("a", { class: "button primary big", href: login }, t("log_in"))),
  );
}

async function logOut() {
  const user = await outbox.currentUser();
  if (!user) return;
  const queue = await outbox.waiting(user.id);
  if (queue.length) {
    say("error", t("log_out_refused", { count: queue.length }));
    location.hash = "#/queue";
    return;
  }
  const answer = await outbox.ask("/tablet/log-out", { userId: user.id, method: "POST" });
  if (answer.outcome === "offline" || answer.outcome === "server") return say("error", t("log_out_needs_network"));
  await forget(user.id);
  location.assign(login);
}

// Nothing of the user stays on the device.
async function forget(userId) {
  await outbox.closeStore(userId);
  indexedDB.deleteDatabase(`fsm-tablet-${userId}`);
  const db = await outbox.deviceStore();
  await Promise.all([db.delete("device", "user"), db.delete("device", "locked")]);
}

function turnLight() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
}

// Says that it is saved only when it is; where the disk is full or broken, that it is not.
function capture(order, kind, values = {}, { blobs = [], shown, draft, words } = {}) {
  return written(words, (userId) => outbox.add(userId, { order_id: order.id, grant: order.grant, kind, values, shown, draft }, blobs));
}

// Several at once, all or none: [{kind, values, shown}].
function captureAll(order, captured, words) {
  return written(words, (userId) => outbox.addAll(userId, captured.map((one) => ({ order_id: order.id, grant: order.grant, ...one }))));
}

async function written(words, write) {
  const { id: userId } = await outbox.currentUser();
  try {
    await write(userId);
  } catch (error) {
    const isFull = error?.name === "QuotaExceededError" || error?.inner?.name === "QuotaExceededError";
    say("error", t(isFull ? "disk_full" : "not_saved"));
    return false;
  }
  if (words) say("success", words);
  else clearSaid();
  await draw();
  sync.captured();
  return true;
}

const api = { capture, captureAll, draw, now: sync.now, network: sync.state };

async function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/tablet/worker.js", { scope: "/tablet", type: "module", updateViaCache: "none" });
  const offer = (worker) => {
    if (worker?.state !== "installed" || !navigator.serviceWorker.controller) return;
    fresh = worker;
    draw();
    document.getElementById("notices").replaceChildren(notice("info", h("p", {}, t("new_version")), button(t("start_new_version"), "refresh", "plain", startNewVersion)));
  };
  offer(registration.waiting);
  navigator.serviceWorker.ready.then(() => { document.documentElement.dataset.worker = ""; }); // works offline from now on
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => offer(worker));
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && registration.update().catch(() => {}));
}

// The queue lies in the database: it does not notice that the program around it is another one.
function startNewVersion() {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  fresh?.postMessage("skip");
}

const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
if (theme) document.documentElement.dataset.theme = theme;
outbox.listen(() => draw());
addEventListener("hashchange", () => draw());
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});
await draw();
navigator.storage?.persist?.();
sync.start().then(() => {
  document.documentElement.dataset.synced = "";
  return draw();
});
startWorker().catch((error) => console.warn("no service worker:", error.message));
setInterval(draw, 30000); // running timers
