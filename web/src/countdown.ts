// `<time data-countdown="1767225600000">` shows what is left until that moment (UTC milliseconds) and
// at the end takes the text of `data-countdown-done`. The server has written a readable time inside
// already, so nothing is lost without this.
import { serverNow } from "./page";

const running = new WeakSet<Element>();

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

/** "2:03:09", "03:09": hours only when there are any. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** Starts every countdown under `root` that is not running yet. */
export function startCountdowns(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-countdown]").forEach((place) => {
    const end = Number(place.dataset["countdown"]);
    if (!Number.isFinite(end) || running.has(place)) return;
    running.add(place);
    // A ticking text would be read aloud every second.
    place.setAttribute("aria-live", "off");
    const tick = (): void => {
      if (!place.isConnected) return;
      const left = end - serverNow();
      if (left <= 0) {
        place.textContent = place.dataset["countdownDone"] ?? clock(0);
        return;
      }
      place.textContent = clock(left);
      window.setTimeout(tick, left % 1000 || 1000);
    };
    tick();
  });
}
