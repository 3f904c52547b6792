// The camera reads a code where the browser can (BarcodeDetector); a typed code does the same everywhere.
import { button, h, say, t } from "./ui.js";

export function canScan() {
  return "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);
}

export async function scan(place, found) {
  const video = h("video", { class: "camera", playsinline: true, muted: true });
  let stream = null;
  let goes = true;
  const stop = () => {
    goes = false;
    stream?.getTracks().forEach((track) => track.stop());
    place.replaceChildren();
  };
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    say("warning", t("no_camera"));
    return { stop };
  }
  video.srcObject = stream;
  place.replaceChildren(video, button(t("stop_camera"), "x", "plain big", stop));
  await video.play();
  const detector = new window.BarcodeDetector();
  const look = async () => {
    if (!goes) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (code?.rawValue) {
      stop();
      navigator.vibrate?.(60);
      found(code.rawValue);
    } else setTimeout(look, 200);
  };
  look();
  return { stop };
}
