// The roll on the spot: every press is kept on the phone first and sent when the network lets it. The same file
// serves the page that is shown when the network is gone.
//
//   <div data-offline data-session="…" data-codes="…" …> <li data-line="…" data-state="booked"> <button data-act="present"> …
//   <section data-kept> …
import qrcode from "qrcode-generator";
import { pause } from "./page";
import { all, contact, device, fact, flush, offset, put, randomName, startWorker, wakeLater } from "./queue";
import type { Entry, Trouble } from "./queue";

const STEP_MS = 30_000;
const CODE_LENGTH = 22;
/** How long the page without a network waits before it asks for the network again. */
const RETRY_MS = 5000;

const clock = (at: number): string => {
  // The mainland keeps one time.
  const local = new Date(at + 8 * 3_600_000).toISOString();
  return local.slice(11, 16);
};

const words = (root: HTMLElement, key: string): string => root.dataset[`t${key[0]?.toUpperCase() ?? ""}${key.slice(1)}`] ?? "";

function show(element: Element | null, text: string): void {
  if (!(element instanceof HTMLElement)) return;
  element.hidden = text === "";
  // A text that is said again would be read again.
  if (element.textContent !== text) element.textContent = text;
}

// ---- the roll ----

class Roll {
  private entries: Entry[] = [];
  private ahead = 0;
  private trouble: Trouble = "";
  private readonly session: string;
  private readonly who: string;

  constructor(private readonly root: HTMLElement) {
    this.session = root.dataset["session"] ?? "";
    this.who = root.dataset["who"] ?? "";
  }

  private number(key: string): number {
    return Number(this.root.dataset[key] ?? 0);
  }

  private now(): number {
    return Date.now() + this.ahead;
  }

  async start(): Promise<void> {
    await device();
    this.ahead = await offset();
    await this.load();
    this.root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-act]") : null;
      const line = button?.closest<HTMLElement>("[data-line]");
      if (button && line) void this.press(line, button.dataset["act"] ?? "");
    });
    window.addEventListener("online", () => void this.send());
    window.addEventListener("offline", () => {
      this.trouble = "offline";
      this.render();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.send();
    });
    void this.code();
    for (;;) {
      await this.send();
      await pause(this.trouble === "" ? 20_000 : RETRY_MS);
    }
  }

  private async load(): Promise<void> {
    this.entries = (await all()).filter((entry) => entry.kind === "roll" && entry.session === this.session && entry.who === this.who);
    this.render();
  }

  private async send(): Promise<void> {
    this.trouble = navigator.onLine === false ? "offline" : await flush();
    this.ahead = await offset();
    await this.load();
  }

  /** This phone's commands about a line that still speak, newest last; since when: not yet in what the page shows. */
  private live(line: string, fresh: boolean): Entry[] {
    const undone = new Set(this.entries.filter((one) => one.act === "undo").map((one) => one.undoes));
    const rendered = this.number("rendered");
    return this.entries.filter(
      (one) =>
        one.line === line && one.act !== "undo" && !undone.has(one.id) && one.state !== "refused" && (!fresh || one.state === "waiting" || one.sentAt > rendered),
    );
  }

  private state(line: HTMLElement): { state: string; mine: Entry | undefined } {
    const id = line.dataset["line"] ?? "";
    const mine = this.live(id, true).pop();
    if (mine?.state === "conflict") return { state: "conflict", mine };
    if (mine) return { state: mine.act === "absent" ? "absent" : mine.act === "out" ? "out" : "in", mine };
    // An undone command that the page still shows as it was.
    const rendered = this.number("rendered");
    const takenBack = this.entries.some((one) => one.line === id && one.act === "undo" && (one.state === "waiting" || one.sentAt > rendered));
    return { state: takenBack ? "booked" : (line.dataset["state"] ?? "booked"), mine: undefined };
  }

  private async press(line: HTMLElement, act: string): Promise<void> {
    const id = line.dataset["line"] ?? "";
    const last = this.live(id, false).pop();
    if (act === "undo" && !last) return;
    const entry: Entry = {
      id: randomName(),
      kind: "roll",
      session: this.session,
      who: this.who,
      line: id,
      act,
      undoes: act === "undo" ? (last?.id ?? "") : "",
      code: "",
      label: line.dataset["name"] ?? "",
      at: Date.now(),
      offset: this.ahead,
      state: "waiting",
      say: "",
      sentAt: 0,
    };
    this.entries.push(entry);
    this.render();
    // The button that was pressed is gone: the next one takes the focus.
    line.querySelector<HTMLElement>("[data-act]:not([hidden])")?.focus();
    await put(entry);
    void wakeLater();
    await this.send();
  }

  private render(): void {
    const t = (key: string): string => words(this.root, key);
    const now = this.now();
    const before = now < this.number("opens");
    const after = now >= this.number("ends");
    show(this.root.querySelector("[data-phase]"), before ? t("early") : after ? t("over") : "");
    for (const line of Array.from(this.root.querySelectorAll<HTMLElement>("[data-line]"))) {
      const { state, mine } = this.state(line);
      // Present counts from the planned start, whenever it is pressed.
      const counts = mine && mine.act === "present" ? Math.min(mine.at + mine.offset, this.number("starts")) : (mine?.at ?? 0) + (mine?.offset ?? 0);
      const time = mine ? clock(counts) : (line.dataset["times"] ?? "");
      const sent = mine ? ` · ${t(mine.state === "waiting" ? "waiting" : "sent")}` : "";
      const text = state === "booked" ? t("booked") : `${t(state)} ${time}${sent}`;
      show(line.querySelector("[data-line-state]"), text);
      const allowed: Record<string, boolean> = {
        present: !before && !after && (state === "booked" || state === "absent"),
        late: !before && !after && now >= this.number("starts") && (state === "booked" || state === "absent"),
        absent: !before && state === "booked",
        out: !before && state === "in",
        undo: this.live(line.dataset["line"] ?? "", false).length > 0,
      };
      for (const button of Array.from(line.querySelectorAll<HTMLElement>("[data-act]"))) {
        button.hidden = !allowed[button.dataset["act"] ?? ""];
      }
    }
    const waiting = this.entries.filter((entry) => entry.state === "waiting").length;
    show(this.root.querySelector("[data-net]"), t(this.trouble === "offline" ? "offline" : "online"));
    show(this.root.querySelector("[data-queue]"), waiting > 0 ? t("queue").replace("{n}", String(waiting)) : t("none"));
    const trouble = waiting === 0 ? "" : this.trouble === "sign-in" ? t("signIn") : this.trouble === "other" ? t("other") : this.trouble === "failed" ? t("failed") : "";
    show(this.root.querySelector("[data-trouble]"), trouble);
    const signIn = this.root.querySelector<HTMLElement>("[data-sign-in]");
    if (signIn) signIn.hidden = !(waiting > 0 && this.trouble === "sign-in");
    this.log();
  }

  /** Everything captured on this phone, as waiting or with what became of it. */
  private log(): void {
    const box = this.root.querySelector<HTMLElement>("[data-log]");
    const list = box?.querySelector("[data-log-list]");
    if (!box || !list) return;
    box.hidden = this.entries.length === 0;
    const rows = this.entries.map((entry) => {
      const row = document.createElement("li");
      const state = entry.state === "waiting" ? words(this.root, "waiting") : entry.say;
      row.textContent = `${clock(entry.at + entry.offset)} ${entry.label} ${words(this.root, entry.act)} · ${state}`;
      return row;
    });
    list.replaceChildren(...rows);
  }

  /** The rotating code from the list that came with the page: right as long as the corrected clock is. */
  private async code(): Promise<void> {
    const codes = this.root.dataset["codes"] ?? "";
    const box = this.root.querySelector<HTMLElement>("[data-code-box]");
    const picture = box?.querySelector("[data-code-picture]");
    const button = this.root.querySelector<HTMLElement>("[data-code-show]");
    if (!box || !picture || !button) return;
    button.addEventListener("click", () => {
      box.hidden = !box.hidden;
      button.setAttribute("aria-expanded", String(!box.hidden));
    });
    button.setAttribute("aria-expanded", "false");
    let drawn = "";
    let first = true;
    for (;;) {
      if (!box.hidden) {
        const now = this.now();
        const step = Math.floor(now / STEP_MS) - this.number("codesFrom");
        const code = step >= 0 ? codes.slice(step * CODE_LENGTH, (step + 1) * CODE_LENGTH) : "";
        const good = code.length === CODE_LENGTH;
        show(this.root.querySelector("[data-code-none]"), good ? "" : (this.root.querySelector("[data-code-none]")?.getAttribute("data-text") ?? ""));
        if (good && code !== drawn) {
          drawn = code;
          picture.replaceChildren(draw(`${this.root.dataset["link"] ?? ""}${code.slice(6)}`));
          show(box.querySelector("[data-code-number]"), `${code.slice(0, 3)} ${code.slice(3, 6)}`);
          // Whole between the bars of the screen, for whoever holds a camera to it.
          if (first) picture.scrollIntoView({ block: "center" });
          first = false;
        } else if (!good) {
          drawn = "";
          picture.replaceChildren();
          show(box.querySelector("[data-code-number]"), "");
        }
        show(box.querySelector("[data-code-left]"), good ? `${Math.ceil((STEP_MS - (now % STEP_MS)) / 1000)} s` : "");
      }
      await pause(500);
    }
  }
}

/** A QR picture as SVG elements: the page's policy allows no inline markup with styles. */
function draw(text: string): SVGElement {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const size = count + 8;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "QR");
  svg.setAttribute("shape-rendering", "crispEdges");
  const back = document.createElementNS(space, "rect");
  back.setAttribute("width", String(size));
  back.setAttribute("height", String(size));
  back.setAttribute("fill", "#fff");
  const dark = document.createElementNS(space, "path");
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) path += `M${column + 4} ${row + 4}h1v1h-1z`;
    }
  }
  dark.setAttribute("d", path);
  dark.setAttribute("fill", "#000");
  svg.append(back, dark);
  return svg;
}

// ---- the page without a network ----

/** Keeps a scanned code with its moment; it proves itself when it is sent. */
export async function keepScan(path: string): Promise<Entry | undefined> {
  const match = /^\/k\/(\d+)\.([0-9A-Za-z]{16})$/.exec(path);
  if (!match) return undefined;
  const [, session = "", code = ""] = match;
  const same = (await all()).find((entry) => entry.kind === "scan" && entry.code === code && entry.session === session);
  if (same) return same;
  const entry: Entry = {
    id: randomName(),
    kind: "scan",
    session,
    who: (await fact<string>("who")) ?? "",
    line: "",
    act: "scan",
    undoes: "",
    code,
    label: "",
    at: Date.now(),
    offset: await offset(),
    state: "waiting",
    say: "",
    sentAt: 0,
  };
  await put(entry);
  void wakeLater();
  return entry;
}

async function kept(root: HTMLElement): Promise<void> {
  const scan = await keepScan(location.pathname);
  if (scan) show(root.querySelector("[data-kept-scan]"), words(root, "scan").replace("{time}", clock(scan.at + scan.offset)));
  const waiting = (await all()).filter((entry) => entry.state === "waiting").length;
  show(root.querySelector("[data-queue]"), words(root, waiting > 0 ? "queue" : "none").replace("{n}", String(waiting)));
  const pages = await caches?.open("linli-pages").catch(() => undefined);
  const requests = (await pages?.keys()) ?? [];
  const list = root.querySelector("[data-kept-list]");
  for (const request of requests) {
    const copy = await pages?.match(request);
    const title = new DOMParser().parseFromString((await copy?.text()) ?? "", "text/html").querySelector("[data-offline]")?.getAttribute("data-title");
    if (!title || !list) continue;
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = new URL(request.url).pathname;
    link.textContent = title;
    item.append(link);
    list.append(item);
  }
  const box = root.querySelector<HTMLElement>("[data-kept-pages]");
  if (box) box.hidden = list?.childElementCount === 0;
  // The network is back: show what was asked for. A phone that never noticed its loss says nothing of its return either,
  // and the first moments of a connection may fail: it is tried again while the page is looked at.
  let trying = false;
  const back = async (): Promise<void> => {
    if (trying) return;
    trying = true;
    try {
      if (scan ? (await flush()) !== "offline" : await contact()) location.replace(scan ? "/check-in" : location.href);
    } finally {
      trying = false;
    }
  };
  window.addEventListener("online", () => void back());
  for (;;) {
    await pause(RETRY_MS);
    if (document.visibilityState === "visible") await back();
  }
}

startWorker();
document.querySelectorAll<HTMLElement>("[data-offline]").forEach((root) => void new Roll(root).start());
document.querySelectorAll<HTMLElement>("[data-kept]").forEach((root) => void kept(root));
