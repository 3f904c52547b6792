// Photos: encoded anew at 1600 pixels (which drops where they were taken), kept as bytes, sent by their hash.
import { sha256, currentUser, storeOf } from "./outbox.js";
import { button, field, h, icon, say, t, waits } from "./ui.js";

const MOST = 1600;
const QUALITY = 0.82;

export async function shrunk(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MOST / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  const bytes = await blob.arrayBuffer();
  return { sha256: await sha256(bytes), bytes, type: "image/jpeg", kind: "photo" };
}

export function photosSection(id, capture) {
  const list = h("ul", { class: "photos" });
  const input = h("input", { type: "file", accept: "image/*", multiple: true, class: "sr", id: `photos-${id}` });
  const camera = h("input", { type: "file", accept: "image/*", capture: "environment", class: "sr", id: `camera-${id}` });
  const buttons = h("div", { class: "wide-buttons" },
    h("label", { class: "button plain big", for: camera.id }, icon("camera"), t("take_photo")), h("label", { class: "button plain big", for: input.id }, icon("plus"), t("choose_photos")));
  const none = h("p", { class: "muted" }, t("no_photos"));
  const form = h("div", { class: "slot" });
  const element = h("section", { class: "card", id: "photos" }, h("h2", {}, t("photos")), camera, input, buttons, list, none, form);
  const addresses = new Map();
  let key = null;

  for (const from of [input, camera]) {
    from.addEventListener("change", async () => {
      const files = [...from.files];
      let saved = 0;
      for (const file of files) {
        const blob = await shrunk(file).catch(() => null);
        if (!blob) say("error", t("no_picture", { name: file.name }));
        else if (await capture("add_photo", { sha256: blob.sha256, caption: "" }, { blobs: [blob] })) saved += 1;
        else break;
      }
      from.value = "";
      if (saved === files.length) say("success", t("photos_saved", { count: saved }));
    });
  }

  async function source(photo) {
    if (photo.id) return `/service-orders/${photo.order_id}/photos/${photo.id}`;
    if (!addresses.has(photo.sha256)) {
      const user = await currentUser();
      const blob = await (await storeOf(user.id)).get("blobs", photo.sha256);
      if (blob) addresses.set(photo.sha256, URL.createObjectURL(new Blob([blob.bytes], { type: blob.type })));
    }
    return addresses.get(photo.sha256);
  }

  async function update(order, data, isOpen) {
    buttons.hidden = !isOpen;
    if (!isOpen) form.replaceChildren();
    none.hidden = order.photos.length > 0;
    const wanted = JSON.stringify([order.photos, isOpen]);
    if (wanted === key) return;
    key = wanted;
    const sources = await Promise.all(order.photos.map(source));
    list.replaceChildren(...order.photos.map((photo, place) => item(photo, place, sources[place], isOpen)));
  }

  function item(photo, place, address, isOpen) {
    const isChangeable = isOpen && photo.is_mine && photo.waits !== "refused";
    return h("li", {},
      h("div", { class: "frame" },
        address ? picture(address, photo, place) : h("span", { class: "nopicture" }, icon("camera")),
        waits(photo),
        isChangeable ? h("button", { type: "button", class: "button quiet icon-only", "aria-label": t("take_away"), onclick: () => capture("remove_photo", which(photo)) }, icon("trash")) : null),
      isChangeable
        ? h("button", { type: "button", class: "caption", onclick: () => open(photo) }, icon("pen"), h("span", {}, photo.caption || t("add_caption")))
        : photo.caption ? h("p", { class: "caption" }, photo.caption) : null);
  }

  function open(photo) {
    const caption = h("input", { type: "text", maxlength: 200, value: photo.caption ?? "", enterkeyhint: "done" });
    const save = async (event) => {
      event.preventDefault();
      const words = caption.value.trim();
      const isSame = words === (photo.caption ?? "");
      const values = { ...which(photo), caption: words, before: { caption: photo.caption ?? "" } };
      if (isSame || await capture("caption_photo", values, { words: t("saved_here") })) form.replaceChildren();
    };
    form.replaceChildren(h("form", { class: "form", onsubmit: save, novalidate: true }, field(t("caption"), caption, t("caption_hint")),
      h("div", { class: "wide-buttons" }, h("button", { type: "submit", class: "button primary big" }, icon("check"), t("save_caption")), button(t("cancel"), null, "plain big", () => form.replaceChildren()))));
    caption.focus();
  }

  function picture(address, photo, place) {
    const image = h("img", { src: address, alt: photo.caption || t("photo", { number: place + 1 }), loading: "lazy", width: 200, height: 200 });
    image.addEventListener("error", () => image.replaceWith(h("span", { class: "nopicture" }, icon("offline"), h("span", { class: "sr" }, t("photo_online")))));
    return image;
  }

  return { element, update, leave: () => addresses.forEach((address) => URL.revokeObjectURL(address)) };
}

// A row of the server by its id, one that waits by the operation that makes it.
function which(photo) {
  return photo.id ? { photo_id: photo.id } : { of: photo.of };
}
