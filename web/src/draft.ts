// Long forms (`form[data-draft]`) keep what was typed on this device and offer to bring it back: after a
// closed tab, a dead battery, a session that ran out. Per account and address of the form; gone after
// success, at sign-out, and after a week. Never passwords, phone numbers or ID numbers.
import { meta } from "./page";

const PREFIX = "linli-draft:";
const WEEK = 7 * 86_400_000;
/** Fields that are never kept, whatever their type. */
const SECRET = /password|phone|contact|id_number|secret|token|code|_csrf|_draft/;

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Draft {
  /** What the server answers when the form was taken. */
  id: string;
  /** When it was typed. */
  at: number;
  /** Name and value of each field, in their order; of boxes whether they are ticked. */
  fields: [string, string | boolean][];
}

/** Local storage, or nothing where it is switched off or full. */
function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const row = value as Record<string, unknown>;
  return typeof row["id"] === "string" && typeof row["at"] === "number" && Array.isArray(row["fields"]);
}

function read(key: string): Draft | undefined {
  try {
    const value: unknown = JSON.parse(storage()?.getItem(key) ?? "null");
    return isDraft(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keys(): string[] {
  const all = storage();
  if (!all) return [];
  return Array.from({ length: all.length }, (_, at) => all.key(at) ?? "").filter((key) => key.startsWith(PREFIX));
}

/** Removes all drafts of this device that `which` names. */
function drop(which: (draft: Draft | undefined, key: string) => boolean): void {
  for (const key of keys()) if (which(read(key), key)) storage()?.removeItem(key);
}

/** Digits that look like a phone or an ID number do not stay on the device, wherever they were typed. */
export function withoutNumbers(text: string): string {
  return text.replace(/\+?\d[\d -]{9,}[\dXx]/g, (run) => {
    const plain = run.replace(/[ +-]/g, "");
    return /^(86)?1[3-9]\d{9}$|^\d{17}[\dXx]$|^\d{15}$/.test(plain) ? "…" : run;
  });
}

function controls(form: HTMLFormElement): Control[] {
  return Array.from(form.elements).filter((one): one is Control => {
    if (one instanceof HTMLInputElement) {
      return !["password", "tel", "hidden", "file", "submit", "button", "image"].includes(one.type) && named(one);
    }
    return (one instanceof HTMLSelectElement || one instanceof HTMLTextAreaElement) && named(one);
  });
}

const named = (one: Control): boolean => one.name !== "" && !SECRET.test(one.name);

const ticks = (one: Control): one is HTMLInputElement =>
  one instanceof HTMLInputElement && (one.type === "checkbox" || one.type === "radio");

const value = (one: Control): string | boolean => (ticks(one) ? one.checked : withoutNumbers(one.value));

const name = (one: Control): string => (ticks(one) ? `${one.name}=${one.value}` : one.name);

const typed = (form: HTMLFormElement): Draft["fields"] => controls(form).map((one) => [name(one), value(one)]);

/** Puts what was kept back into the form. */
function restore(form: HTMLFormElement, draft: Draft): void {
  const left = draft.fields.slice();
  for (const one of controls(form)) {
    const at = left.findIndex((pair) => pair[0] === name(one));
    const kept = at < 0 ? undefined : left.splice(at, 1)[0]?.[1];
    if (kept === undefined || kept === value(one)) continue;
    if (ticks(one)) one.checked = kept === true;
    else if (typeof kept === "string") one.value = kept;
    // What is folded away but filled must be seen.
    one.closest("details")?.setAttribute("open", "");
    one.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function button(text: string, main: boolean): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = main ? "btn btn-primary" : "btn";
  made.textContent = text;
  return made;
}

/** Offers to bring a draft back, above the form. */
function offer(form: HTMLFormElement, key: string, draft: Draft): void {
  const words = form.dataset;
  const box = document.createElement("div");
  box.className = "alert alert-info";
  box.setAttribute("role", "status");
  box.setAttribute("data-draft-offer", "");
  const text = document.createElement("p");
  const when = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  text.textContent = `${words["draftFound"] ?? ""}（${when}）`;
  const again = button(words["draftRestore"] ?? "", true);
  const no = button(words["draftDrop"] ?? "", false);
  const actions = document.createElement("div");
  actions.className = "page-actions";
  actions.append(again, " ", no);
  const inner = document.createElement("div");
  inner.append(text, actions);
  box.append(inner);
  const done = (): void => {
    box.remove();
    controls(form)[0]?.focus();
  };
  again.addEventListener("click", () => {
    restore(form, draft);
    done();
  });
  no.addEventListener("click", () => {
    storage()?.removeItem(key);
    done();
  });
  form.before(box);
}

function watch(form: HTMLFormElement, account: string): void {
  const key = `${PREFIX}${account}:${new URL(form.action).pathname}`;
  const kept = read(key);
  const id = kept?.id ?? randomId();
  // The server names it back once the form was taken; until then nothing is thrown away.
  const mark = document.createElement("input");
  mark.type = "hidden";
  mark.name = "_draft";
  mark.value = id;
  form.append(mark);
  const first = JSON.stringify(typed(form));
  // A refused form still holds what was typed.
  const refused = document.querySelector("[data-error-summary]") !== null;
  if (kept && !refused && JSON.stringify(kept.fields) !== first) offer(form, key, kept);
  let timer = 0;
  const keep = (): void => {
    window.clearTimeout(timer);
    timer = 0;
    const fields = typed(form);
    if (JSON.stringify(fields) === first && !refused) return;
    const draft: Draft = { id, at: Date.now(), fields };
    try {
      storage()?.setItem(key, JSON.stringify(draft));
    } catch {
      // Full or forbidden: the form works as before.
    }
  };
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, 400);
  });
  form.addEventListener("submit", keep);
  window.addEventListener("pagehide", () => {
    if (timer !== 0) keep();
  });
}

/** The form that the server took last, from its short-lived cookie. */
function taken(): string {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith("linli_saved="));
  if (found === undefined) return "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `linli_saved=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
  return found.slice("linli_saved=".length);
}

/** Starts it on this page. */
export function startDrafts(): void {
  const saved = taken();
  drop((draft) => draft === undefined || draft.at < Date.now() - WEEK || (saved !== "" && draft.id === saved));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Whoever signs out leaves nothing behind on a shared computer.
    if (form instanceof HTMLFormElement && new URL(form.action).pathname === "/sign-out") drop(() => true);
  });
  // Whose session ran out while they typed is told that nothing is lost.
  document.querySelectorAll<HTMLElement>("[data-draft-kept]").forEach((note) => {
    const to = new URL(note.dataset["draftKept"] || "/", location.origin).pathname;
    note.hidden = !keys().some((key) => key.endsWith(`:${to}`));
  });
  const account = meta("account");
  if (account) document.querySelectorAll<HTMLFormElement>("form[data-draft]").forEach((form) => watch(form, account));
}
