// The way back: a record's page leads to the list as it was left, with its filters, its page and its place.
const prefix = "list:";

function keep() {
  const kept = { address: location.pathname + location.search, scroll: Math.round(window.scrollY) };
  sessionStorage.setItem(prefix + location.pathname, JSON.stringify(kept));
}

function kept(path) {
  try {
    return JSON.parse(sessionStorage.getItem(prefix + path) ?? "null");
  } catch {
    return null;
  }
}

export function list() {
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const left = kept(location.pathname);
  const here = location.pathname + location.search;
  if (left?.comesBack && left.address === here) window.scrollTo(0, left.scroll);
  window.addEventListener("pagehide", keep);
  keep();
}

export default function back(link) {
  const url = new URL(link.href);
  const left = url.search ? null : kept(url.pathname);
  if (!left) return;
  link.href = left.address;
  link.addEventListener("click", () => {
    sessionStorage.setItem(prefix + url.pathname, JSON.stringify({ ...left, comesBack: true }));
  });
}
