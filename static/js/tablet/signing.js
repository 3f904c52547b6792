// The customer's name and signature; or why there is none. And why nothing is billed, where there is nothing.
import "../../vendor/signature_pad/signature_pad.umd.min.js"; // its build names itself on the window
import { sha256 } from "./outbox.js";
import { button, field, h, icon, t, waits } from "./ui.js";

const HEIGHT = 220;

export function signatureSection(id, capture) {
  const list = h("div", { class: "slot" });
  const form = h("div", { class: "slot" });
  const element = h("section", { class: "card", id: "signature" }, h("h2", {}, t("signature")), list, form);
  let key = null;
  let now = {};

  function update(order, data, isOpen) {
    now = { order, isOpen };
    const wanted = JSON.stringify([order.is_signed, order.signed_by, order.no_signature_reason, order.nothing_to_bill_reason, isOpen, order.sign_mark, order.times.length, order.parts.length]);
    if (wanted === key) return;
    key = wanted;
    list.replaceChildren(...draw());
    if (!isOpen) form.replaceChildren();
  }

  function draw() {
    const { order, isOpen } = now;
    const hasWork = order.times.length > 0 || order.parts.length > 0;
    return [
      order.is_signed ? h("p", { class: "good" }, icon("s-done"), t("signed_by", { name: order.signed_by }), waits(order.sign_mark ?? {}))
        : order.no_signature_reason ? h("p", {}, t("no_signature_because", { reason: order.no_signature_reason })) : h("p", { class: "muted" }, t("not_signed")),
      !hasWork && order.nothing_to_bill_reason ? h("p", {}, t("nothing_to_bill_because", { reason: order.nothing_to_bill_reason })) : "",
      isOpen ? h("div", { class: "wide-buttons" },
        button(order.is_signed ? t("sign_again") : t("let_sign"), "pen", "plain big", () => sign()),
        order.is_signed ? null : button(t("no_signature"), null, "plain big", () => why("explain_no_signature", t("why_no_signature"), order.no_signature_reason)),
        hasWork ? null : button(t("nothing_to_bill"), null, "plain big", () => why("set_nothing_to_bill", t("why_nothing_to_bill"), order.nothing_to_bill_reason))) : "",
    ];
  }

  function sign() {
    const name = h("input", { type: "text", maxlength: 100, autocomplete: "off", value: now.order.signed_by });
    const canvas = h("canvas", { class: "pad", height: HEIGHT, "aria-label": t("sign_here"), role: "img" });
    const nameBox = field(t("customer_name"), name);
    const error = h("p", { class: "error", role: "alert", hidden: true }, t("sign_first"));
    let pad = null;
    const save = async (event) => {
      event.preventDefault();
      nameBox.refuse(name.value.trim() ? "" : t("say_who"));
      error.hidden = !pad.isEmpty();
      if (!name.value.trim() || pad.isEmpty()) return;
      const picture = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
      const bytes = await picture.arrayBuffer();
      const blob = { sha256: await sha256(bytes), bytes, type: "image/png", kind: "signature" };
      const before = { signed_by: now.order.signed_by };
      if (await capture("sign", { signed_by: name.value.trim(), sha256: blob.sha256, before }, { blobs: [blob], words: t("saved_here") })) form.replaceChildren();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, h("p", { class: "hint" }, t("sign_hint")), nameBox, canvas, error,
      h("div", { class: "wide-buttons" }, h("button", { type: "submit", class: "button primary big" }, icon("check"), t("save_signature")),
        button(t("clear"), "x", "plain big", () => pad.clear()), button(t("cancel"), null, "plain big", () => form.replaceChildren()))));
    const ratio = Math.min(2, Math.max(1, devicePixelRatio));
    canvas.width = canvas.offsetWidth * ratio;
    canvas.height = HEIGHT * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad = new window.SignaturePad(canvas, { penColor: "#14203c", backgroundColor: "#ffffff", minWidth: 1, maxWidth: 3 });
    name.focus();
  }

  function why(kind, label, value) {
    const reason = h("input", { type: "text", maxlength: 250, value });
    const box = field(label, reason);
    const save = async (event) => {
      event.preventDefault();
      box.refuse(reason.value.trim() ? "" : t("say_why"));
      if (reason.value.trim() && (await capture(kind, { reason: reason.value.trim() }, { words: t("saved_here") }))) form.replaceChildren();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, box,
      h("div", { class: "wide-buttons" }, h("button", { type: "submit", class: "button primary big" }, icon("check"), t("save")), button(t("cancel"), null, "plain big", () => form.replaceChildren()))));
    reason.focus();
  }

  return { element, update, open: () => form.childElementCount || sign() };
}
