// Draws a table's figures with uPlot above it: bars and lines in the page's own colours, light or dark. The table stays
// for screen readers and keyboards; a click on a bar goes where the table's figure leads.
const FONT = "12px system-ui, sans-serif";

function read(root) {
  const heads = [...root.querySelectorAll("thead th")];
  const rows = [...root.querySelectorAll("tbody tr")];
  const columns = heads
    .map((head, place) => ({ place, name: head.textContent.trim(), draw: head.dataset.draw, tone: head.dataset.tone }))
    .filter((column) => column.draw);
  const number = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
  return {
    columns,
    names: rows.map((row) => row.cells[0].textContent.trim()),
    labels: rows.map((row) => row.cells[0].dataset.short),
    cells: columns.map((column) => rows.map((row) => row.cells[column.place])),
    values: columns.map((column) => rows.map((row) => number(row.cells[column.place]))),
  };
}

// A legend that names each series and says its figure of the month under the pointer.
function legend(head, data) {
  const list = document.createElement("div");
  list.className = "legend";
  const month = document.createElement("strong");
  const outputs = data.columns.map((column) => {
    const item = document.createElement("span");
    const figure = document.createElement("b");
    const swatch = document.createElement("i");
    item.className = "series";
    swatch.className = `swatch ${column.draw} tone-${column.tone}`;
    item.append(swatch, `${column.name} `, figure);
    list.append(item);
    return figure;
  });
  list.prepend(month);
  head.prepend(list);
  return (index) => {
    month.textContent = data.names[index] ?? "";
    outputs.forEach((output, place) => (output.textContent = data.cells[place][index]?.textContent.trim() ?? ""));
  };
}

function series(column, place, bars, color) {
  if (column.draw === "line") return { stroke: color, width: 2, points: { show: true, size: 6, fill: color }, spanGaps: true };
  const align = bars < 2 ? 0 : place === 0 ? -1 : 1;
  const size = [bars < 2 ? 0.5 : 0.36, 44];
  return { stroke: color, fill: color, width: 0, points: { show: false }, paths: uPlot.paths.bars({ align, size, radius: 0.12, gap: 2 }) };
}

function draw(root, data, show) {
  const plot = root.querySelector("[data-chart-plot]");
  const colors = data.columns.map((column) => getComputedStyle(root.querySelector(`.swatch.tone-${column.tone}`)).color);
  const muted = getComputedStyle(plot).color;
  const line = getComputedStyle(plot).borderTopColor;
  const bars = data.columns.filter((column) => column.draw === "bar").length;
  const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
  const last = data.labels.length - 1;
  const narrow = plot.clientWidth < 480;
  const options = {
    width: plot.clientWidth,
    height: plot.clientHeight,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: [-0.5, last + 0.5] },
      y: { range: (_plot, low, high) => uPlot.rangeNum(Math.min(0, low ?? 0), Math.max(1, high ?? 1), 0.08, true) },
    },
    axes: [
      { stroke: muted, font: FONT, grid: { show: false }, ticks: { show: false }, size: 28, gap: 6,
        splits: () => data.labels.map((_label, index) => index).filter((index) => !narrow || index % 2 === last % 2),
        values: (_plot, places) => places.map((place) => data.labels[place]) },
      { stroke: muted, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false }, gap: 6, size: 52, space: 36,
        values: (_plot, ticks) => ticks.map((tick) => compact.format(tick) + root.dataset.unit) },
    ],
    series: [{}, ...data.columns.map((column, place) => series(column, place, bars, colors[place]))],
    hooks: { setCursor: [(chart) => show(chart.cursor.idx ?? last)] },
  };
  return new uPlot(options, [data.labels.map((_label, index) => index), ...data.values], plot);
}

// The link of the series nearest to the pointer: the half of the month that was clicked.
function follow(event, chart, data) {
  const index = chart.cursor.idx;
  if (index === null || index === undefined) return;
  const right = chart.posToVal(chart.cursor.left, "x") > index;
  const cells = data.cells.map((column) => column[index]);
  const bars = cells.filter((_cell, place) => data.columns[place].draw === "bar");
  const links = (bars.length > 1 ? [bars[right ? 1 : 0]] : cells).map((cell) => cell?.querySelector("a")).filter(Boolean);
  links[0]?.click();
}

export default async function chart(root) {
  if (!globalThis.uPlot) await new Promise((done) => addEventListener("load", done, { once: true }));
  const data = read(root);
  if (!globalThis.uPlot || !data.labels.length) return;
  const plot = root.querySelector("[data-chart-plot]");
  root.classList.add("drawn");
  const show = legend(root.querySelector("[data-chart-head]"), data);
  show(data.labels.length - 1);
  let drawn = draw(root, data, show);
  const again = () => {
    drawn.destroy();
    drawn = draw(root, data, show);
  };
  let width = plot.clientWidth;
  new ResizeObserver(() => {
    if (plot.clientWidth === width) return;
    width = plot.clientWidth;
    again();
  }).observe(plot);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  plot.addEventListener("click", (event) => follow(event, drawn, data));
  const toggle = root.querySelector("[data-chart-toggle]");
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const open = root.classList.toggle("with-table");
    toggle.setAttribute("aria-pressed", String(open));
  });
}
