// Keeps the page and its files on the device, and sends what waits when the browser says that there is a network again.
import { currentUser, flush } from "./outbox.js";

const PREFIX = "fsm-tablet-files-";

export function serve({ version, page, files }) {
  const name = PREFIX + version;

  async function install() {
    const cache = await caches.open(name);
    await Promise.all(files.map(async (file) => {
      const response = await fetch(file, { cache: "no-cache" });
      if (!response.ok) throw new Error(`${file}: ${response.status}`);
      await cache.put(file, response);
    }));
    const shell = await fetch(page, { cache: "no-cache" });
    if (!isShell(shell)) throw new Error("the page did not come");
    await cache.put(page, shell);
  }

  // Whoever is not logged in gets the login page there: that one is not kept.
  function isShell(response) {
    return response.ok && !response.redirected && response.headers.get("X-Fsm-Tablet-Version") === version;
  }

  async function activate() {
    const old = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && key !== name);
    await Promise.all(old.map((key) => caches.delete(key)));
    await self.clients.claim();
  }

  async function shell(request) {
    const cache = await caches.open(name);
    const kept = await cache.match(page);
    if (!kept) return fetch(request);
    return kept;
  }

  async function file(request) {
    const kept = await (await caches.open(name)).match(request, { ignoreSearch: true });
    return kept ?? fetch(request);
  }

  async function send() {
    const user = await currentUser();
    if (!user) return;
    const ending = await flush(user.id);
    if (ending === "offline" || ending === "server") throw new Error(ending); // the browser tries again later
  }

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
    if (event.request.mode === "navigate" && url.pathname === page) event.respondWith(shell(event.request));
    else if (files.includes(url.pathname)) event.respondWith(file(event.request));
  });
  self.addEventListener("sync", (event) => event.tag === "fsm-outbox" && event.waitUntil(send()));
  self.addEventListener("message", (event) => {
    if (event.data === "skip") self.skipWaiting();
    if (event.data === "send") event.waitUntil(send().catch(() => {}));
  });
}
