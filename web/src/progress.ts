// A job that runs on the server, watched from a page that may be left at any time.
//
//   <section data-progress-src="/jobs/123.json" data-progress-next="/jobs/123">
//     <progress max="100"></progress> <span data-progress-count></span>
//     <p data-progress-message role="status">…</p>
//   </section>
//
// The answer is {done, total, state, message}; `total` may be 0 while it is not known. When `state` is no
// longer "queued" or "running" (so render this section only while it is) the page goes to `data-progress-next`, or reloads to show the result.
import { pause } from "./page";

interface Progress {
  done: number;
  total: number;
  state: string;
  message: string;
}

function isProgress(value: unknown): value is Progress {
  if (typeof value !== "object" || value === null) return false;
  const row = value as Record<string, unknown>;
  return typeof row["done"] === "number" && typeof row["total"] === "number" && typeof row["state"] === "string";
}

async function ask(src: string): Promise<Progress | undefined> {
  try {
    const answer = await fetch(src, { cache: "no-store", credentials: "same-origin", headers: { accept: "application/json" } });
    const value: unknown = answer.ok ? await answer.json() : undefined;
    return isProgress(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function watch(section: HTMLElement): Promise<void> {
  const src = section.dataset["progressSrc"];
  if (!src) return;
  const bar = section.querySelector("progress");
  const count = section.querySelector("[data-progress-count]");
  const text = section.querySelector("[data-progress-message]");
  let wait = 500;
  while (section.isConnected) {
    const now = document.visibilityState === "visible" ? await ask(src) : undefined;
    if (now) {
      if (bar && now.total > 0) {
        bar.max = now.total;
        bar.value = now.done;
      } else if (bar) {
        // No value means "moving, end unknown".
        bar.removeAttribute("value");
      }
      if (count) count.textContent = now.total > 0 ? `${now.done}/${now.total}` : String(now.done);
      // Writing the same text again would have it read aloud again.
      if (text && typeof now.message === "string" && text.textContent !== now.message) text.textContent = now.message;
      if (now.state !== "queued" && now.state !== "running") {
        const next = section.dataset["progressNext"];
        if (next) location.assign(next);
        else location.reload();
        return;
      }
    }
    await pause(wait);
    // Short jobs are seen at once, long ones do not hammer the server.
    wait = Math.min(3000, Math.round(wait * 1.3));
  }
}

document.querySelectorAll<HTMLElement>("[data-progress-src]").forEach((section) => void watch(section));
