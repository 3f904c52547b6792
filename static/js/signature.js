// Writes a signature as a PNG data URL into the hidden field named by data-signature. The ink is dark on white in
// every theme, because the picture goes on paper.
import "signature_pad"; // its build names itself on the window

// Drawn from its bytes: the page's policy allows no picture from a data address.
async function redraw(canvas, dataUrl) {
  const bytes = Uint8Array.from(atob(dataUrl.split(",")[1]), (letter) => letter.codePointAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.offsetWidth, canvas.offsetHeight);
  picture.close();
}

export default function signature(canvas) {
  const field = document.getElementById(canvas.dataset.signature);
  const pad = new window.SignaturePad(canvas, { penColor: "#14203c", backgroundColor: "#ffffff" });
  let drawnAt = "";

  function fit() {
    const ratio = Math.max(window.devicePixelRatio, 1);
    const size = `${canvas.offsetWidth}x${canvas.offsetHeight}@${ratio}`;
    if (size === drawnAt || !canvas.offsetWidth) return;
    drawnAt = size;
    const strokes = pad.toData();
    canvas.width = canvas.offsetWidth * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    if (strokes.length) pad.fromData(strokes);
    else if (field.value) redraw(canvas, field.value);
  }

  pad.addEventListener("endStroke", () => {
    field.value = pad.toDataURL("image/png");
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  canvas.closest("[data-signature-box]").querySelector("[data-signature-clear]").addEventListener("click", () => {
    pad.clear();
    field.value = "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  new ResizeObserver(fit).observe(canvas);
  fit();
}
