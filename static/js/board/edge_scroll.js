// While an order of the tray is held near an edge of the board, the board scrolls, as it does for its own visits.
const EDGE = 44; // pixels
const MOST = 720; // pixels a second
const LONGEST_MS = 100; // a frame that took longer must not jump

// Pixels a second: nothing away from both edges and beyond them, faster the nearer.
function pull(at, low, high) {
  if (at < low || at > high) return 0;
  const into = at < low + EDGE ? at - low - EDGE : Math.max(0, at - high + EDGE);
  return (into * MOST) / EDGE;
}

// ``moved`` is called after each step: another place lies under the finger then.
export function edgeScroll(root, moved) {
  let frame;
  let at;
  let last;

  function step(now) {
    const share = Math.min(now - (last ?? now), LONGEST_MS) / 1000;
    last = now;
    const area = root.querySelector(".ec-main");
    const box = area.getBoundingClientRect();
    const left = root.querySelector(".ec-sidebar").getBoundingClientRect().right;
    const top = root.querySelector(".ec-header").getBoundingClientRect().bottom;
    const isWithin = at.x >= left && at.x <= box.right && at.y >= top && at.y <= box.bottom;
    const right = isWithin ? pull(at.x, left, Math.min(box.right, innerWidth)) : 0;
    const down = isWithin ? pull(at.y, top, Math.min(box.bottom, innerHeight)) : 0;
    const before = [area.scrollLeft, area.scrollTop];
    area.scrollBy(Math.round(right * share), Math.round(down * share));
    if (area.scrollLeft !== before[0] || area.scrollTop !== before[1]) moved(at);
    frame = requestAnimationFrame(step);
  }

  return {
    over(x, y) {
      at = { x, y };
      frame ??= requestAnimationFrame(step);
    },
    end() {
      cancelAnimationFrame(frame);
      frame = last = undefined;
    },
  };
}
