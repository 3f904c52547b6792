// When to send, and what the tablet holds: own orders of today and the coming days, replaced by what the server says.
import * as outbox from "./outbox.js";

const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 300000;
const EVERY = 60000;
const CATALOG_EVERY = 3600000;
let pause = FIRST_PAUSE;
let timer = null;
export const state = { network: navigator.onLine ? "unknown" : "offline", busy: false };

// Sends, then asks for the newest. Whose tablet this is, the server says; the queue of another user stays closed.
export async function sync() {
  const user = await outbox.currentUser();
  if (user) {
    const locked = await (await outbox.deviceStore()).get("device", "locked");
    if (!locked) {
      const ending = await outbox.flush(user.id);
      if (ending === "offline") return later("offline");
    }
  }
  return pull(user?.id ?? 0);
}

async function pull(userId) {
  const work = async () => {
    const answer = await outbox.ask("/tablet/orders", { userId });
    if (answer.outcome === "done" && answer.body.user) await keep(answer.body);
    return answer;
  };
  const answer = userId ? await outbox.alone(userId, work) : await work();
  if (answer.outcome !== "done") return later(answer.outcome);
  const me = answer.body.user.id;
  if (me !== userId) return sync(); // logged in as somebody else: that one's queue goes now
  await catalog(me);
  const left = await outbox.waiting(me);
  return left.some((operation) => operation.state === "waiting") ? later("online") : rest();
}

async function keep(pulled) {
  const { user } = pulled;
  const device = (await outbox.deviceStore()).transaction("device", "readwrite", { durability: "strict" });
  await Promise.all([device.store.put(user, "user"), device.store.delete("locked"), device.done]);
  const db = await outbox.storeOf(user.id);
  const tx = db.transaction(["orders", "meta", "sent", "outbox", "blobs"], "readwrite");
  const [kept, queue, blobs] = await Promise.all([
    tx.objectStore("sent").getAll(),
    tx.objectStore("outbox").getAll(),
    tx.objectStore("blobs").getAllKeys(),
  ]);
  const held = new Set(pulled.orders.map((order) => order.id));
  for (const order of pulled.orders) tx.objectStore("orders").put(order);
  // An order that is no longer mine goes when nothing of it waits.
  const needed = new Set(queue.map((operation) => operation.order_id));
  for (const id of await tx.objectStore("orders").getAllKeys()) {
    if (!held.has(id) && !needed.has(id)) tx.objectStore("orders").delete(id);
  }
  for (const operation of kept) tx.objectStore("sent").delete(operation.id);
  const inUse = new Set(queue.flatMap((operation) => operation.blobs));
  for (const sha of blobs) if (!inUse.has(sha)) tx.objectStore("blobs").delete(sha);
  const { orders, ...rest } = pulled;
  tx.objectStore("meta").put({ ...rest, held: [...held], pulled_at: Date.now() }, "pulled");
  await tx.done;
  outbox.tellAll();
}

async function catalog(userId) {
  const db = await outbox.storeOf(userId);
  const known = await db.get("meta", "catalog");
  if (known?.kits && Date.now() - known.at < CATALOG_EVERY) return;
  const items = await outbox.ask("/tablet/catalog", { userId });
  const kits = await outbox.ask("/tablet/kits", { userId });
  if (items.outcome === "done" && kits.outcome === "done") await db.put("meta", { items: items.body, kits: kits.body, at: Date.now() }, "catalog");
}

function rest() {
  state.network = "online";
  pause = FIRST_PAUSE;
  plan(EVERY);
  outbox.tellAll();
  return "done";
}

function later(outcome) {
  state.network = outcome;
  plan(pause * (0.8 + Math.random() * 0.4));
  pause = Math.min(pause * 2, LONGEST_PAUSE);
  outbox.tellAll();
  return outcome;
}

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(now, milliseconds);
}

// Asked for from many sides at once: one runs, one follows.
let current = null;
let again = false;
export async function now() {
  if (current) {
    again = true;
    return current;
  }
  state.busy = true;
  outbox.tellAll();
  current = sync().catch(() => later("server")).finally(() => {
    current = null;
    state.busy = false;
    outbox.tellAll();
    if (again) {
      again = false;
      now();
    }
  });
  return current;
}

export function start() {
  addEventListener("online", () => { pause = FIRST_PAUSE; now(); });
  addEventListener("offline", () => { state.network = "offline"; outbox.tellAll(); });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
  return now();
}

// After each capture: soon, and by the browser itself when there is a network again and no page is open.
export async function captured() {
  now();
  const registration = await navigator.serviceWorker?.getRegistration("/tablet").catch(() => null);
  await registration?.sync?.register("fsm-outbox").catch(() => {});
}
