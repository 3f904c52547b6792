// An order as it will be when all that waits has arrived: the server's picture, and on it what was captured here.

const find = (rows, { id, of }) => rows.find((row) => (id ? row.id === id : row.of === of));
const drop = (rows, which) => {
  const row = find(rows, which);
  if (row) rows.splice(rows.indexOf(row), 1);
};

const effects = {
  on_my_way: (order, { at }) => order.stamps.push({ kind: "on_my_way", at }),
  start: (order, { at }) => { order.stamps.push({ kind: "start", at }); begin(order); },
  finish: (order, { at }) => { order.stamps.push({ kind: "finish", at }); order.state = "done"; },
  start_timer(order, { id, at, values }, mark) {
    begin(order);
    order.times.push({ of: id, start_at: minute(at), end_at: null, labor_rate_id: values.labor_rate_id, description: "", ...mark });
  },
  stop_timer(order, { at, values }, mark) {
    const entry = find(order.times, { id: values.entry_id, of: values.of });
    if (!entry) return;
    const end = Math.max(Date.parse(minute(at)), Date.parse(entry.start_at) + 60000);
    Object.assign(entry, { end_at: new Date(end).toISOString(), ...mark });
  },
  log_time(order, { id, values }, mark) { begin(order); order.times.push({ of: id, ...values, ...mark }); },
  correct_time(order, { values }, mark) {
    const { entry_id, of, before, ...changed } = values;
    const entry = find(order.times, { id: entry_id, of });
    if (entry) Object.assign(entry, changed, mark);
  },
  remove_time: (order, { values }) => drop(order.times, { id: values.entry_id, of: values.of }),
  add_part(order, { id, values, shown }, mark) {
    begin(order);
    order.parts.push({ of: id, is_mine: true, quantity: values.quantity, ...shown, ...mark });
  },
  correct_part(order, { values }, mark) {
    const part = find(order.parts, { id: values.part_id, of: values.of });
    if (part) Object.assign(part, { quantity: values.quantity, ...mark });
  },
  remove_part: (order, { values }) => drop(order.parts, { id: values.part_id, of: values.of }),
  tick_task(order, { values }, mark) {
    const task = order.tasks.find((row) => row.id === values.task_id);
    if (task) Object.assign(task, { is_done: values.is_done, ...mark });
  },
  add_photo(order, { id, values }, mark) {
    order.photos.push({ of: id, caption: values.caption, sha256: values.sha256, is_mine: true, ...mark });
  },
  caption_photo(order, { values }, mark) {
    const photo = find(order.photos, { id: values.photo_id, of: values.of });
    if (photo) Object.assign(photo, { caption: values.caption, ...mark });
  },
  remove_photo: (order, { values }) => drop(order.photos, { id: values.photo_id, of: values.of }),
  write_report(order, { values }, mark) { order.report = values.report; order.report_mark = mark; },
  sign(order, { values }, mark) {
    begin(order);
    Object.assign(order, { signed_by: values.signed_by, is_signed: true, signature: values.sha256, no_signature_reason: "", sign_mark: mark });
  },
  explain_no_signature(order, { values }) { order.no_signature_reason = values.reason; },
  set_nothing_to_bill(order, { values }) { order.nothing_to_bill_reason = values.reason; },
};

function begin(order) {
  if (order.state === "draft" || order.state === "scheduled") order.state = "in_progress";
}

function minute(at) {
  return new Date(Math.floor(Date.parse(at) / 60000) * 60000).toISOString();
}

// arrived: ids of operations that the picture shows already, though their answer was lost.
export function overlaid(order, operations, arrived = new Set()) {
  const shown = structuredClone(order);
  for (const operation of operations) {
    if (operation.order_id !== order.id || arrived.has(operation.id) || operation.result?.status === "kept") continue;
    const mark = { waits: operation.result ? null : operation.state };
    effects[operation.kind]?.(shown, operation, mark);
  }
  shown.times.sort((one, other) => Date.parse(one.start_at) - Date.parse(other.start_at));
  return shown;
}

// What "Finish" still needs, as the server will ask for it; the same order of things.
export function missing(order, { isSignatureRequired }) {
  const found = [];
  if (order.times.some((entry) => !entry.end_at)) found.push("timer");
  if (!order.report) found.push("report");
  if (!order.nothing_to_bill_reason && !order.times.length && !order.parts.length) found.push("work");
  if (isSignatureRequired && !order.is_signed && !order.no_signature_reason) found.push("signature");
  return found;
}
