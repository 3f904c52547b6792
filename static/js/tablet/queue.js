// What waits, and what the server refused: its words, both values where two people changed one thing, and the choice.
import { settle } from "./outbox.js";
import { keptNotices } from "./today.js";
import { button, clock, dayAndClock, h, icon, notice, quantity, span, t } from "./ui.js";

export function drawQueue(main, data, api) {
  const { queue, orders, pulled, user } = data;
  const key = JSON.stringify(["queue", queue, pulled?.kept, api.network]);
  if (main.dataset.key === key) return;
  main.dataset.key = key;
  const numbers = new Map(orders.map((order) => [order.id, `${order.number} · ${order.customer.name}`]));
  const refused = queue.filter((operation) => operation.state === "refused");
  const behind = new Set(refused.map((operation) => operation.order_id));
  main.replaceChildren(
    keptNotices(pulled?.kept ?? []),
    queue.length ? "" : h("section", { class: "card empty" }, icon("check"), h("h2", {}, t("all_saved")), h("p", {}, t("all_saved_text"))),
    api.network.network === "offline" && queue.length ? notice("info", h("p", {}, t("waits_for_network"))) : "",
    h("div", { class: "stack" }, refused.map((operation) => refusedCard(operation, data, numbers, user, api))),
    queue.length > refused.length ? h("section", { class: "card" }, h("h2", {}, t("waiting_title")), h("ol", { class: "items" },
      queue.filter((operation) => operation.state !== "refused").map((operation) => h("li", {}, icon("upload"), h("span", { class: "what" }, h("strong", {}, words(operation, data)),
        h("span", { class: "muted" }, `${numbers.get(operation.order_id) ?? ""} · ${dayAndClock(operation.at)}`),
        behind.has(operation.order_id) ? h("span", { class: "muted" }, t("waits_behind")) : null))))) : "",
    h("div", { class: "wide-buttons" }, button(api.network.busy ? t("sending") : t("send_now"), "refresh", "plain big", () => api.now())),
    pulled ? h("p", { class: "muted" }, t("last_contact", { time: dayAndClock(pulled.pulled_at) })) : "",
  );
}

function refusedCard(operation, data, numbers, user, api) {
  const { refusal, seq } = operation;
  const done = () => api.now();
  const decide = (choice) => settle(user.id, seq, choice).then(done);
  return h("section", { class: "card refused" },
    h("header", {}, h("h2", {}, words(operation, data)), h("span", { class: "chip error" }, icon("s-overdue"), t("refused"))),
    h("p", { class: "muted" }, `${numbers.get(operation.order_id) ?? ""} · ${dayAndClock(operation.at)}`),
    notice("error", h("p", {}, refusal.error || t("refused_without_words"))),
    refusal.differences ? differences(operation, data, decide) : h("div", { class: "wide-buttons" },
      button(t("try_again"), "refresh", "primary big", () => decide((row) => row.values)),
      h("a", { class: "button plain big", href: `#/order/${operation.order_id}` }, icon("right"), t("open_order")),
      away(decide)));
}

function away(decide) {
  return button(t("take_away"), "trash", "danger big", (event) => {
    const { currentTarget } = event;
    if (currentTarget.dataset.sure) return decide(() => null);
    currentTarget.dataset.sure = "1";
    currentTarget.lastChild.textContent = t("take_away_sure");
    return undefined;
  });
}

// Field by field: mine or theirs. Whatever is chosen, what stood there counts as seen.
function differences(operation, data, decide) {
  const chosen = new Map(operation.refusal.differences.map((row) => [row.field, "mine"]));
  const rows = operation.refusal.differences.map((row) => h("fieldset", { class: "difference" }, h("legend", {}, row.label),
    ["mine", "theirs"].map((side) => h("label", { class: "choice" },
      h("input", { type: "radio", name: `${operation.seq}-${row.field}`, checked: side === "mine", onchange: () => chosen.set(row.field, side) }),
      h("span", {}, h("strong", {}, t(side)), h("span", { class: "text" }, valueOf(row.field, row[side], data)))))));
  const take = () => decide(({ values }) => {
    const wanted = { ...values, before: { ...values.before } };
    let isMine = false;
    for (const row of operation.refusal.differences) {
      wanted.before[row.field] = row.theirs;
      if (chosen.get(row.field) === "theirs") wanted[row.field] = row.theirs;
      else isMine = true;
    }
    return isMine || operation.kind === "correct_time" ? wanted : null;
  });
  return h("div", { class: "stack" }, rows, h("div", { class: "wide-buttons" }, button(t("take_choice"), "check", "primary big", take), away(decide)));
}

function valueOf(name, value, data) {
  if (name.endsWith("_at")) return value ? dayAndClock(value) : "–";
  if (name === "labor_rate_id") return data.pulled?.rates.find((rate) => rate.id === value)?.name ?? "–";
  if (name === "quantity") return quantity(value);
  return value || "–";
}

export function words({ kind, values, shown }, data) {
  const detail = {
    log_time: () => `${span(Math.round((Date.parse(values.end_at) - Date.parse(values.start_at)) / 60000))}, ${clock(values.start_at)}–${clock(values.end_at)}`,
    correct_time: () => `${clock(values.start_at)}–${clock(values.end_at)}`,
    add_part: () => `${quantity(values.quantity)} × ${shown?.description ?? values.code ?? ""}`,
    correct_part: () => quantity(values.quantity),
    write_report: () => `${values.report.slice(0, 60)}${values.report.length > 60 ? "…" : ""}`,
    add_photo: () => values.caption,
    caption_photo: () => values.caption,
    sign: () => values.signed_by,
    explain_no_signature: () => values.reason,
    set_nothing_to_bill: () => values.reason,
    tick_task: () => data.orders.flatMap((order) => order.tasks).find((task) => task.id === values.task_id)?.description ?? "",
  }[kind]?.();
  return detail ? `${t(`op_${kind}`)}: ${detail}` : t(`op_${kind}`);
}
