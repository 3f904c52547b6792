// What the technician captured, on its way to the server: one file for the page and the service worker.
//
// An operation is written to IndexedDB (strictly: on the disk) before it is sent. Its id is its idempotency key, the same
// on every try. It leaves the outbox only when the server has answered. Whoever holds the lock sends, one after the other.
import { openDB } from "../../vendor/idb/index.js";

const DEVICE = "fsm-tablet";
const TIMEOUT = 45000; // milliseconds; a photo over a slow line takes its time
const STRICT = { durability: "strict" };
const channel = new BroadcastChannel("fsm-tablet");
const hearers = new Set();
const open = new Map();

export function deviceStore() {
  return opened(DEVICE, (db) => db.createObjectStore("device"));
}

// Everything of one user lies in a database of its own: nobody else's page opens it.
export function storeOf(userId) {
  return opened(`${DEVICE}-${userId}`, (db) => {
    db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
    db.createObjectStore("sent", { keyPath: "id" });
    db.createObjectStore("blobs", { keyPath: "sha256" });
    db.createObjectStore("orders", { keyPath: "id" });
    db.createObjectStore("meta");
    db.createObjectStore("drafts");
  });
}

function opened(name, upgrade) {
  if (!open.has(name)) {
    const forget = () => open.delete(name);
    const promise = openDB(name, 1, {
      upgrade,
      blocking: (_now, _next, event) => { event.target.close(); forget(); },
      terminated: forget,
    });
    promise.catch(forget);
    open.set(name, promise);
  }
  return open.get(name);
}

export async function closeStore(userId) {
  const db = await storeOf(userId);
  open.delete(db.name);
  db.close();
}

export async function currentUser() {
  return (await deviceStore()).get("device", "user");
}

export async function deviceId() {
  const tx = (await deviceStore()).transaction("device", "readwrite", STRICT);
  let id = await tx.store.get("id");
  if (!id) {
    id = newId();
    await tx.store.put(id, "id");
  }
  await tx.done;
  return id;
}

// A UUID of version 7: 48 bits of time, then chance.
export function newId(at = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0, rest = at; place < 6; place += 1, rest = Math.floor(rest / 256)) bytes[5 - place] = rest % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function tellAll(message = { changed: true }) {
  channel.postMessage(message);
  for (const heard of hearers) heard(message); // a channel does not reach its own page
}

export function listen(heard) {
  hearers.add(heard);
  channel.addEventListener("message", (event) => heard(event.data));
}

// Resolves when it is on the disk; only then may anybody say that it is saved. Blobs: [{sha256, bytes, type, kind}].
export async function add(userId, operation, blobs = []) {
  const db = await storeOf(userId);
  const tx = db.transaction(["outbox", "blobs", "drafts"], "readwrite", STRICT);
  const record = recorded(operation, blobs);
  const writes = blobs.map((blob) => tx.objectStore("blobs").put({ ...blob, sent: false }));
  writes.push(tx.objectStore("outbox").add(record));
  if (record.draft) writes.push(tx.objectStore("drafts").delete(record.draft));
  await Promise.all([...writes, tx.done]);
  tellAll();
  return record;
}

// Several that belong together: all are on the disk, or none.
export async function addAll(userId, operations) {
  const tx = (await storeOf(userId)).transaction("outbox", "readwrite", STRICT);
  await Promise.all([...operations.map((operation) => tx.store.add(recorded(operation))), tx.done]);
  tellAll();
}

function recorded(operation, blobs = []) {
  return {
    id: newId(),
    at: new Date().toISOString(),
    values: {},
    blobs: blobs.map((blob) => blob.sha256),
    state: "waiting",
    tries: 0,
    ...operation,
  };
}

export async function waiting(userId) {
  return (await storeOf(userId)).getAll("outbox");
}

// One at a time in all tabs and the worker. A call that comes while one runs waits for its turn, a third joins the second.
let running = null;
let following = null;
export function alone(userId, work) {
  return navigator.locks.request(`fsm-outbox-${userId}`, () => work());
}
export function flush(userId) {
  if (running) {
    following ??= running.catch(() => {}).then(() => { following = null; return flush(userId); });
    return following;
  }
  running = alone(userId, () => drain(userId)).finally(() => { running = null; });
  return running;
}

// Gives how it ended: "done", "offline", "locked", "server" (some stay, to be tried again later).
export async function drain(userId) {
  const behind = new Set(); // orders whose next operation was refused or failed: what follows in them waits
  let ending = "done";
  for (;;) {
    const [user, locked] = await Promise.all([currentUser(), (await deviceStore()).get("device", "locked")]);
    if (user?.id !== userId || locked) return "locked";
    const operation = await next(userId, behind);
    if (!operation) return ending;
    const outcome = await attempt(userId, operation);
    tellAll();
    if (outcome === "offline" || outcome === "locked") return outcome;
    if (outcome === "server") ending = "server";
    if (outcome !== "done") behind.add(operation.order_id);
  }
}

async function next(userId, behind) {
  const db = await storeOf(userId);
  for (let cursor = await db.transaction("outbox").store.openCursor(); cursor; cursor = await cursor.continue()) {
    if (cursor.value.state === "refused") behind.add(cursor.value.order_id);
    if (!behind.has(cursor.value.order_id)) return cursor.value;
  }
  return null;
}

async function attempt(userId, operation) {
  const db = await storeOf(userId);
  await db.put("outbox", { ...operation, tries: operation.tries + 1 });
  for (const sha of operation.blobs) {
    const arrived = await sendBlob(userId, sha, operation.tries > 0);
    if (arrived.outcome !== "done") return arrived.outcome === "refused" ? refuse(db, operation, arrived) : arrived.outcome;
  }
  const { order_id, grant, kind, values, at } = operation;
  const answer = await ask("/tablet/operations", {
    userId,
    method: "POST",
    body: JSON.stringify({ order_id, grant, kind, values, at }),
    headers: { "Content-Type": "application/json", "Idempotency-Key": operation.id },
  });
  if (answer.outcome === "refused" && answer.body.field === "sha256" && answer.status === 409 && operation.tries < 5) {
    for (const sha of operation.blobs) await markBlob(db, sha, false);
    return attempt(userId, { ...operation, tries: operation.tries + 1 });
  }
  if (answer.outcome === "refused") return refuse(db, operation, answer);
  if (answer.outcome !== "done") return answer.outcome;
  if (!["applied", "kept"].includes(answer.body.status)) return "offline"; // not our server: a portal of a hotel
  const tx = db.transaction(["outbox", "sent"], "readwrite", STRICT);
  await Promise.all([
    tx.objectStore("outbox").delete(operation.seq),
    tx.objectStore("sent").put({ ...operation, result: answer.body, answered_at: Date.now() }),
    tx.done,
  ]);
  return "done";
}

async function refuse(db, operation, answer) {
  const { status, body } = answer;
  await db.put("outbox", { ...operation, tries: operation.tries + 1, state: "refused", refusal: { status, ...body } });
  return "refused";
}

async function sendBlob(userId, sha, perhapsArrived) {
  const db = await storeOf(userId);
  const blob = await db.get("blobs", sha);
  if (!blob || blob.sent) return { outcome: "done" };
  if (perhapsArrived) {
    const known = await ask(`/tablet/blobs/${sha}`, { userId });
    if (known.outcome === "offline" || known.outcome === "locked") return known;
    if (known.body?.known) return markBlob(db, sha, true);
  }
  const answer = await ask(`/tablet/blobs/${sha}?kind=${blob.kind}`, {
    userId,
    method: "PUT",
    body: blob.bytes,
    headers: { "Content-Type": blob.type },
  });
  if (answer.outcome === "done" && answer.body.known !== true) return { outcome: "offline" };
  return answer.outcome === "done" ? markBlob(db, sha, true) : answer;
}

async function markBlob(db, sha, sent) {
  const blob = await db.get("blobs", sha);
  if (blob) await db.put("blobs", { ...blob, sent });
  return { outcome: "done" };
}

// {outcome, status, body}: done, refused (the server says no, in words), server (it failed), locked (log in), offline.
export async function ask(path, { userId, method = "GET", body, headers = {} }) {
  let response;
  let parsed;
  try {
    response = await fetch(path, {
      method,
      body,
      credentials: "same-origin",
      redirect: "error",
      cache: method === "GET" ? "no-cache" : "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        ...headers,
        Accept: "application/json",
        "X-Fsm-Tablet": String(userId),
        "X-Fsm-Device": await deviceId(),
        "X-Fsm-Device-Time": new Date().toISOString(),
      },
    });
    parsed = await response.json().catch((error) => {
      if (error instanceof SyntaxError) return null; // no answer of ours
      throw error; // the line broke in the middle of it
    });
  } catch {
    return { outcome: "offline" };
  }
  const { status } = response;
  if (status === 401 || (status === 403 && parsed?.field === "user")) {
    await (await deviceStore()).put("device", status === 401 ? "log-in" : "other-user", "locked");
    tellAll();
    return { outcome: "locked", status };
  }
  if (parsed === null) return { outcome: response.ok ? "offline" : "server", status };
  if (response.ok) return { outcome: "done", status, body: parsed };
  if (status >= 500 || status === 429 || status === 408) return { outcome: "server", status, body: parsed };
  return { outcome: "refused", status, body: parsed };
}

// What the technician decides about a refused operation: new values (the same intention, the same id), or away with it.
export function settle(userId, seq, decide) {
  return alone(userId, async () => {
    const db = await storeOf(userId);
    const tx = db.transaction("outbox", "readwrite", STRICT);
    const operation = await tx.store.get(seq);
    if (operation?.state === "refused") {
      const values = decide(operation);
      if (values) await tx.store.put({ ...operation, values, state: "waiting", refusal: undefined });
      else await tx.store.delete(seq);
    }
    await tx.done;
    tellAll();
  });
}
