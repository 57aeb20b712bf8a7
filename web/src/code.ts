// The rotating code at the door: a picture, a number, and how long both are still good.
//
//   <section data-code data-src="/…/code" data-left="27">
//     <div data-code-body>…svg and number…</div>
//     <p><span data-code-left>27</span></p>
//     <button type="button" data-code-full>…</button>
//     <p data-code-problem role="status" hidden>…</p>
//   </section>
//
// `data-src` answers an HTML fragment whose root carries `data-left`, the seconds it is still good: the
// server's own count, because the clocks of phones are wrong. Without this script the page refreshes
// itself (the server sends a Refresh header or a link).
import { pause } from "./page";
import { startWorker } from "./queue";

interface Lock {
  release(): Promise<void>;
}
interface Waker {
  request(kind: "screen"): Promise<Lock>;
}

function secondsLeft(element: Element | null): number {
  const given = Number(element?.getAttribute("data-left"));
  return Number.isFinite(given) && given > 0 ? given : 30;
}

/** Fetches the next fragment; undefined when the network or the server fails. */
async function fetchCode(src: string): Promise<Element | undefined> {
  try {
    const answer = await fetch(src, { cache: "no-store", credentials: "same-origin", headers: { "hx-request": "true" } });
    if (!answer.ok || answer.redirected) return undefined;
    // Parsed, not assigned: scripts inside a parsed document never run.
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return parsed.querySelector("[data-left]") ?? undefined;
  } catch {
    return undefined;
  }
}

async function run(section: HTMLElement): Promise<void> {
  const src = section.dataset["src"];
  const body = section.querySelector("[data-code-body]");
  const counter = section.querySelector("[data-code-left]");
  const bar = section.querySelector<HTMLProgressElement>("progress");
  const problem = section.querySelector<HTMLElement>("[data-code-problem]");
  if (src === undefined || !body) return;
  counter?.setAttribute("aria-live", "off");
  let end = Date.now() + secondsLeft(section) * 1000;
  while (section.isConnected) {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (counter) counter.textContent = String(Math.max(0, left));
    if (bar) bar.value = Math.max(0, left);
    if (left > 0) {
      await pause(Math.min(1000, Math.max(100, end - Date.now())));
      continue;
    }
    const next = await fetchCode(src);
    section.classList.toggle("is-stale", next === undefined);
    if (problem) problem.hidden = next !== undefined;
    if (next) {
      end = Date.now() + secondsLeft(next) * 1000;
      body.replaceChildren(document.importNode(next, true));
    } else {
      await pause(3000);
    }
  }
}

/** Keeps the screen of the phone at the door from going dark, where the browser can. */
function stayAwake(): void {
  const waker = (navigator as unknown as { wakeLock?: Waker }).wakeLock;
  if (!waker) return;
  const ask = (): void => {
    if (document.visibilityState === "visible") void waker.request("screen").catch(() => undefined);
  };
  // The lock is lost whenever the page is hidden.
  document.addEventListener("visibilitychange", ask);
  ask();
}

interface WebkitElement extends HTMLElement {
  webkitRequestFullscreen?: () => void;
}
interface WebkitDocument extends Document {
  webkitFullscreenElement?: Element | null;
  webkitExitFullscreen?: () => void;
}

function fullScreen(section: WebkitElement): void {
  const page = document as WebkitDocument;
  if (page.fullscreenElement ?? page.webkitFullscreenElement) {
    if (page.exitFullscreen) void page.exitFullscreen();
    else page.webkitExitFullscreen?.();
  } else if (section.requestFullscreen) {
    void section.requestFullscreen().catch(() => undefined);
  } else {
    section.webkitRequestFullscreen?.();
  }
}

function started(section: WebkitElement): void {
  section.querySelectorAll("[data-code-full]").forEach((button) => button.addEventListener("click", () => fullScreen(section)));
  const mark = (): void => {
    const page = document as WebkitDocument;
    section.classList.toggle("is-full", (page.fullscreenElement ?? page.webkitFullscreenElement) === section);
  };
  document.addEventListener("fullscreenchange", mark);
  document.addEventListener("webkitfullscreenchange", mark);
  void run(section);
}

const sections = document.querySelectorAll<HTMLElement>("[data-code]");
sections.forEach(started);
if (sections.length > 0) stayAwake();
startWorker();
