// The dispatch board: draws it, moves visits, asks what speaks against a place, follows what others change.
import * as drawing from "./drawing.js";
import { edgeScroll } from "./edge_scroll.js";
import { paper } from "./paper.js";
import { placeDialog } from "./place_dialog.js";
import { ask, change, reader } from "./server.js";
import { toast } from "./toast.js";
import { trayDrag } from "./tray_drag.js";
import { clock, dayOf, fill, minutesBetween, plus, wall } from "./words.js";

const REFRESH_MS = 10_000;
const CHECK_MS = 120;
const MOST_SINGLY = 40;
const HOUR_PIXELS = { day: 58, week: 26 };

async function start(root) {
  const { createCalendar, Interaction, ResourceTimeline } = await import(new URL(root.dataset.calendar, location.href));
  const part = (name) => root.querySelector(`[data-${name}]`);
  const texts = JSON.parse(part("texts").textContent);
  const { view } = root.dataset;
  // English here is that of Europe: the day before the month.
  const language = root.dataset.language === "en" ? "en-GB" : root.dataset.language;
  let drawn = part("figures").textContent;
  let figures = JSON.parse(drawn);
  let shown = drawing.events(figures);
  let waiting = null; // newer figures, while something is held
  let isHeld = false;
  const read = reader(root.dataset.url);
  const say = toast(part("undo"), part("said"), texts);
  const nameOf = (id) => figures.technicians.find((one) => String(one.id) === String(id))?.name ?? "";
  const visitOf = (id) => figures.visits.find((one) => String(one.id) === String(id));
  const orderOf = (id) => figures.tray.find((one) => String(one.id) === String(id));
  const placeOf = (event) => ({ technician_id: event.resourceIds[0], start_at: wall(event.start), end_at: wall(event.end) });
  const inWords = ({ technician_id, start_at, end_at }) => [nameOf(technician_id), `${dayOf(start_at, language)} ${clock(start_at)}–${clock(end_at)}`];

  // --- what speaks against a place, while it is dragged over
  const hovered = part("hovered");
  let asked = 0;
  let timer;
  let hoveredOver = "";

  const check = (what, place, signal) =>
    ask(root.dataset.check, { visit_id: what.visit?.id, order_id: what.order.id, ...place }, signal);

  function hover(what, place) {
    const key = JSON.stringify(place);
    if (key === hoveredOver) return;
    hoveredOver = key;
    clearTimeout(timer);
    const mine = ++asked;
    const [name, when] = inWords(place);
    hovered.hidden = false;
    hovered.className = "hovered";
    hovered.textContent = `${name} · ${when}`;
    timer = setTimeout(async () => {
      const answer = await check(what, place);
      if (mine !== asked || hovered.hidden) return;
      hovered.textContent = [`${name} · ${when}`, ...(answer.warnings ?? []).map((one) => `⚠ ${one}`)].join("\n");
      hovered.classList.toggle("has-warnings", Boolean(answer.warnings?.length));
    }, CHECK_MS);
  }

  function hoverEnds() {
    clearTimeout(timer);
    asked++;
    hoveredOver = "";
    hovered.hidden = true;
  }

  // --- drawing
  const first = figures.first;
  const hours = minutesBetween(`2000-01-01T${first}`, figures.last === "24:00" ? "2000-01-02T00:00" : `2000-01-01T${figures.last}`) / 60;
  const slotMinutes = view === "week" ? 120 : 30;
  const room = part("calendar-here").clientWidth - 160;
  const hourPixels = Math.max(HOUR_PIXELS[view], Math.floor(room / (hours * figures.days)));

  const calendar = createCalendar(part("calendar-here"), [ResourceTimeline, Interaction], {
    view: view === "week" ? "resourceTimelineWeek" : "resourceTimelineDay",
    date: figures.from,
    firstDay: 1,
    locale: language,
    headerToolbar: { start: "", center: "", end: "" },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotMinTime: figures.first,
    slotMaxTime: figures.last,
    slotDuration: { minutes: slotMinutes },
    snapDuration: { minutes: 15 },
    slotWidth: Math.round((hourPixels * slotMinutes) / 60),
    scrollTime: figures.first,
    nowIndicator: true,
    editable: true,
    eventDurationEditable: true,
    eventResizableFromStart: false,
    eventLongPressDelay: 350,
    resources: drawing.resources(figures),
    events: shown,
    eventClassNames: drawing.classNames,
    eventContent: drawing.content(texts),
    resourceLabelContent: drawing.label,
    eventDragStart: hold,
    eventResizeStart: hold,
    eventDragStop: release,
    eventResizeStop: release,
    dragConstraint: dragged,
    resizeConstraint: dragged,
    eventDrop: dropped,
    eventResize: dropped,
    eventClick({ event, jsEvent }) {
      jsEvent.preventDefault(); // Enter would go on into the dialog, and unfold its first choice
      if (event.extendedProps.visit) openVisit(event.extendedProps.visit.id);
    },
    dateClick: tapped,
  });

  function draw() {
    const tray = part("tray");
    const focused = document.activeElement?.closest?.("[data-order]")?.dataset.order;
    const focusedVisit = document.activeElement?.querySelector?.("[data-visit]")?.dataset.visit;
    drawing.tray(tray, figures, texts);
    part("count").textContent = figures.tray.length ? String(figures.tray.length) : "";
    if (focused) tray.querySelector(`[data-order="${focused}"]`)?.focus();
    return focusedVisit;
  }

  function apply(text) {
    if (text === drawn) return;
    if (isHeld || drag.isOn() || dialog.isOpen()) {
      waiting = text;
      return;
    }
    const before = JSON.stringify(drawing.resources(figures));
    drawn = text;
    figures = JSON.parse(text);
    const focusedVisit = draw();
    if (JSON.stringify(drawing.resources(figures)) !== before) calendar.setOption("resources", drawing.resources(figures));
    redraw(drawing.events(figures));
    if (focusedVisit) requestAnimationFrame(() => focusVisit(focusedVisit));
  }

  function redraw(events) {
    const { removed, added, changed } = drawing.differences(shown, events);
    shown = events;
    if (removed.length + added.length + changed.length > MOST_SINGLY) return calendar.setOption("events", events);
    for (const event of removed) calendar.removeEventById(event.id);
    for (const event of changed) calendar.updateEvent(event);
    for (const event of added) calendar.addEvent(event);
  }

  const focusVisit = (id) => root.querySelector(`[data-visit="${id}"]`)?.closest(".ec-event")?.focus();

  function hold() {
    isHeld = true;
  }

  function release() {
    isHeld = false;
    hoverEnds();
  }

  function catchUp() {
    if (!waiting) return;
    const text = waiting;
    waiting = null;
    apply(text);
  }

  let isSilent = false;
  async function refresh() {
    try {
      const text = await read();
      if (isSilent) say.told(texts.again);
      isSilent = false;
      if (text !== null) apply(text);
    } catch (error) {
      if (error.isLoggedOut) say.refused(texts.logged_out);
      else if (!isSilent) say.refused(texts.offline);
      isSilent = true;
    }
  }

  // --- changes
  async function put(url, values, text, back, { done, revert } = {}) {
    const answer = await change(url, values);
    if (!answer.ok) {
      revert?.();
      const sentence = answer.error ?? texts.failed;
      say.refused(sentence);
      waiting = null;
      await refresh(); // the newer state, whatever it is
      return sentence;
    }
    done?.(answer);
    say.changed(text, () => back(answer), answer.warnings);
    waiting = null;
    await refresh();
    return null;
  }

  // Where a visit stands now that the server has it so: it can be moved again before the newer figures are here.
  function settle(visit, { technician_id, start_at, end_at }, version) {
    const mine = visitOf(visit.id);
    if (!mine) return;
    Object.assign(mine, { technician_id: Number(technician_id), start: start_at, end: end_at, version });
    redraw(drawing.events(figures));
  }

  const undone = () => say.told(texts.undone);

  async function undoBy(url, values) {
    const answer = await change(url, values);
    await refresh();
    if (answer.ok) undone();
    else say.refused(answer.error ?? texts.failed);
  }

  function moveVisit(visit, place, revert) {
    const from = { technician_id: visit.technician_id, start_at: visit.start, end_at: visit.end };
    return put(
      root.dataset.move,
      { visit_id: visit.id, version: visit.version, ...place },
      fill(texts.moved, visit.order.number, ...inWords(place)),
      (answer) => undoBy(root.dataset.move, { visit_id: visit.id, version: answer.version, ...from }),
      { revert, done: (answer) => settle(visit, place, answer.version) },
    );
  }

  function planOrder(order, place) {
    return put(
      root.dataset.plan,
      { order_id: order.id, from_tray: "1", ...place },
      fill(texts.planned, order.number, ...inWords(place)),
      (answer) => undoBy(root.dataset.takeBack, { visit_id: answer.visit_id, version: answer.version }),
    );
  }

  function takeBack(visit) {
    const from = { technician_id: visit.technician_id, start_at: visit.start, end_at: visit.end };
    return put(
      root.dataset.takeBack,
      { visit_id: visit.id, version: visit.version },
      fill(texts.taken_back, visit.order.number),
      (answer) => undoBy(root.dataset.plan, { order_id: answer.order_id, ...from }),
    );
  }

  function dragged({ event }) {
    const visit = event.extendedProps.visit;
    if (visit) hover({ visit, order: visit.order }, placeOf(event));
    return true;
  }

  async function dropped({ event, revert }) {
    hoverEnds();
    const visit = visitOf(event.extendedProps.visit.id) ?? event.extendedProps.visit;
    const place = placeOf(event);
    const back = drawing.place(shown, visit, place); // the calendar has drawn it there: not once more
    await moveVisit(visit, place, () => {
      revert();
      drawing.place(shown, visit, back);
    });
    catchUp();
  }

  function openVisit(id) {
    const visit = visitOf(id);
    if (!visit) return;
    if (!visit.may_move) location.assign(visit.order.url);
    else dialog.open({ visit, technicianId: visit.technician_id, start: visit.start, end: visit.end });
  }

  function tapped({ date, resource }) {
    if (!resource) return;
    if (!figures.tray.length) say.told(texts.empty_tray);
    else dialog.open({ orders: figures.tray, technicianId: resource.id, start: wall(date) });
  }

  // --- the tray
  let held;
  const edges = edgeScroll(root, ({ x, y }) => heldOver(x, y));

  function heldOver(x, y) {
    const point = calendar.dateFromPoint(x, y);
    if (!point?.resource) return hoverEnds();
    hover({ order: held }, { technician_id: point.resource.id, start_at: wall(point.date), end_at: plus(wall(point.date), held.minutes) });
  }

  const drag = trayDrag(part("tray"), {
    find: orderOf,
    over(order, x, y) {
      held = order;
      heldOver(x, y);
      edges.over(x, y);
    },
    end() {
      edges.end();
      hoverEnds();
    },
    async drop(order, x, y) {
      const point = calendar.dateFromPoint(x, y);
      if (!point?.resource) return catchUp();
      const start_at = wall(point.date);
      await planOrder(order, { technician_id: point.resource.id, start_at, end_at: plus(start_at, order.minutes) });
      catchUp();
    },
  });

  part("tray").addEventListener("click", (event) => {
    const order = orderOf(event.target.closest?.("[data-order]")?.dataset.order);
    if (!order || !drag.wasClick()) return;
    const begin = `${figures.from}T${figures.first > "08:00" ? figures.first : "08:00"}`;
    const promised = order.window_start && order.window_start > begin ? order.window_start : begin;
    dialog.open({ order, start: promised });
  });

  const dialog = placeDialog(part("dialog"), {
    texts,
    check,
    save: (what, place) => (what.visit ? moveVisit(what.visit, place) : planOrder(what.order, place)),
    takeBack,
  });
  part("dialog").addEventListener("close", catchUp);

  draw();
  const observer = new MutationObserver(() => drawing.mendRoles(root));
  observer.observe(part("calendar-here"), { childList: true, subtree: true });
  drawing.mendRoles(root);
  addEventListener("beforeprint", () => paper(part("paper"), figures, texts, (day) => dayOf(day, language)));
  setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
  requestAnimationFrame(() => {
    performance.mark("board-drawn");
    root.dataset.drawn = "";
  });
}

const root = document.querySelector("[data-board]");
if (root) start(root);
