// Reads a QR code with the camera.
//
//   <div data-scan>
//     <button type="button" class="js-only" data-scan-start>…</button>
//     <video data-scan-video playsinline muted hidden></video>
//     <p data-scan-status role="status" data-denied="…" data-searching="…" data-foreign="…"></p>
//   </div>
//   <form method="post"><input data-scan-target name="code"> <button>…</button></form>
//
// A link of this site is followed; anything else goes into `[data-scan-target]` and its form is sent.
// A link to another site is never followed: a code pasted over ours must not lead people away.
import "./near";
import { meta, pause } from "./page";
import { all, flush, noteServerTime, startWorker } from "./queue";

type Reader = (video: HTMLVideoElement) => Promise<string | undefined>;

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

/** The browser's own reader where it has one, otherwise jsQR, fetched only then. */
async function reader(): Promise<Reader> {
  const native = (window as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  // Some browsers have the class but no reader behind it.
  if (native && (await native.getSupportedFormats().catch(() => [] as string[])).includes("qr_code")) {
    const detector = new native({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue;
  }
  const { default: jsQR } = await import("jsqr");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  return (video) => {
    if (!context || video.videoWidth === 0) return Promise.resolve(undefined);
    // Half a megapixel is plenty for a code held to the camera, and a cheap phone keeps up.
    const scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return Promise.resolve(jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data || undefined);
  };
}

type Outcome = "done" | "foreign";

function use(text: string): Outcome {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Not a link: a number, a volunteer's code, an asset tag.
  }
  if (url && url.origin === location.origin) {
    location.assign(url.href);
    return "done";
  }
  if (url && /^[a-z]+:$/.test(url.protocol) && text.includes("//")) return "foreign";
  const target = document.querySelector<HTMLInputElement>("[data-scan-target]");
  if (!target) return "foreign";
  target.value = text;
  target.dispatchEvent(new Event("change", { bubbles: true }));
  // Pressing the button, not submit(): the form's own checks and the submit-once guard must run.
  const button = target.form?.querySelector<HTMLElement>("[type=submit], button:not([type])");
  if (button) button.click();
  else target.form?.submit();
  return "done";
}

async function scan(box: HTMLElement): Promise<void> {
  const video = box.querySelector<HTMLVideoElement>("video");
  const status = box.querySelector<HTMLElement>("[data-scan-status]");
  if (!video) return;
  const say = (key: string, fallback: string): void => {
    if (status) status.textContent = status.dataset[key] ?? fallback;
  };
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch {
    // No camera, no permission, or an in-app browser without either: the number below still works.
    say("denied", "无法使用相机，请输入数字码。");
    return;
  }
  const stop = (): void => stream.getTracks().forEach((track) => track.stop());
  window.addEventListener("pagehide", stop);
  try {
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    say("searching", "请将二维码对准取景框。");
    const read = await reader();
    while (box.isConnected && stream.active) {
      const text = await read(video).catch(() => undefined);
      if (text !== undefined) {
        if (use(text) === "done") return;
        say("foreign", "这不是本站的二维码。");
        await pause(1500);
      }
      await pause(120);
    }
  } finally {
    stop();
    video.hidden = true;
  }
}

document.querySelectorAll<HTMLElement>("[data-scan]").forEach((box) => {
  const button = box.querySelector<HTMLButtonElement>("[data-scan-start]");
  button?.addEventListener("click", () => {
    button.disabled = true;
    void scan(box).finally(() => (button.disabled = false));
  });
  // A page opened for nothing but scanning starts at once.
  if (box.dataset["scan"] === "auto") button?.click();
});
startWorker();
void noteServerTime(Number(meta("now"))).catch(() => undefined);

// ---- scans kept on this phone ----

/** Sends what was scanned without a network, and says what became of it. Nothing is asked when nothing was kept. */
async function sendKept(box: HTMLElement): Promise<void> {
  const scans = async (): Promise<Awaited<ReturnType<typeof all>>> => (await all()).filter((entry) => entry.kind === "scan");
  const render = async (): Promise<void> => {
    const kept = await scans();
    box.hidden = kept.length === 0;
    const waiting = kept.filter((entry) => entry.state === "waiting");
    const text = box.querySelector("[data-queue]");
    if (text) text.textContent = (waiting.length > 0 ? (box.dataset["tQueue"] ?? "") : (box.dataset["tNone"] ?? "")).replace("{n}", String(waiting.length));
    const rows = kept.map((entry) => {
      const row = document.createElement("li");
      const time = new Date(entry.at + entry.offset + 8 * 3_600_000).toISOString().slice(5, 16).replace("T", " ");
      row.textContent = `${time} · ${entry.state === "waiting" ? (box.dataset["tWaiting"] ?? "") : entry.say}`;
      return row;
    });
    box.querySelector("ul")?.replaceChildren(...rows);
  };
  await render();
  if ((await scans()).some((entry) => entry.state === "waiting")) {
    await flush();
    await render();
  }
}

document.querySelectorAll<HTMLElement>("[data-scan-queue]").forEach((box) => {
  const send = (): void => void sendKept(box).catch(() => undefined);
  send();
  window.addEventListener("online", send);
});
