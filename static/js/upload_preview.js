// Photos: shrunk to 1600 px before they are sent (which also drops where they were taken), and shown.
const longestSide = 1600;

async function shrink(file) {
  if (!file.type.startsWith("image/") || file.type === "image/svg+xml") return file;
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // A format that this browser cannot read: the server decides.
  }
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  if (!blob) return file;
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

// Drawn on a canvas: the page's policy allows no picture from a blob address.
async function draw(file) {
  const canvas = document.createElement("canvas");
  canvas.role = "img";
  canvas.ariaLabel = file.name;
  canvas.width = canvas.height = 240;
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, 240, 240);
  picture.close();
  return canvas;
}

async function show(files, box) {
  const drawn = await Promise.allSettled(files.map(draw));
  box.replaceChildren(...drawn.map(({ value }, at) => value ?? document.createTextNode(files[at].name)));
}

export default function uploadPreview(box) {
  const input = box.querySelector("input[type=file]");
  const previews = box.querySelector("[data-previews]");
  const area = box.querySelector(".drop");

  async function take(files) {
    // Nothing may be sent between the choice and the smaller copies.
    const buttons = [...(input.form?.querySelectorAll("button:not([type=button])") ?? [])];
    for (const button of buttons) button.disabled = true;
    try {
      const transfer = new DataTransfer();
      for (const file of files) transfer.items.add(await shrink(file));
      input.files = transfer.files;
      await show([...transfer.files], previews);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  input.addEventListener("change", () => take([...input.files]));
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    take([...input.files, ...event.dataTransfer.files]);
  });
}
