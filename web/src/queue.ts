// What a phone captured and has not sent yet: kept in IndexedDB, sent when the network is back, once. Shared by
// the pages and the service worker; the server knows each command by its id, so sending twice does no harm.

/** One thing a person did. */
export interface Entry {
  /** Drawn at random; the server counts each id once. */
  id: string;
  kind: "roll" | "scan";
  session: string;
  /** Mark of the account that was signed in; empty: nobody was, and whoever signs in on this phone sends it. */
  who: string;
  /** Roll: the line, what was pressed, and for an undo the command it takes back. */
  line: string;
  act: string;
  undoes: string;
  /** Scan: the code's tag. */
  code: string;
  /** For people. */
  label: string;
  /** This phone's clock, how far the server was ahead of it at their last contact. */
  at: number;
  offset: number;
  state: "waiting" | "done" | "same" | "pending" | "conflict" | "refused";
  say: string;
  /** The server's clock when it was taken. */
  sentAt: number;
}

/** Why what waits still waits. */
export type Trouble = "" | "offline" | "sign-in" | "other" | "failed";

interface Contact {
  now: number;
  csrf: string;
  who: string;
}

const NAME = "linli";
const STORE = "commands";
const FACTS = "facts";
/** What was sent stays visible for two days. */
const KEEP_MS = 2 * 86_400_000;
const CHUNK = 100;
const SCANS = 20;
/** A network that takes longer than this is no network. */
const PATIENCE_MS = 15_000;

function promise<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error ?? new Error("storage"));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "id" });
    request.result.createObjectStore(FACTS);
  };
  return promise(request);
}

async function within<T>(store: string, mode: IDBTransactionMode, run: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  try {
    return await promise(run(db.transaction(store, mode).objectStore(store)));
  } finally {
    db.close();
  }
}

export const put = (entry: Entry): Promise<unknown> => within(STORE, "readwrite", (store) => store.put(entry));
const remove = (id: string): Promise<unknown> => within(STORE, "readwrite", (store) => store.delete(id));

export async function fact<T>(key: string): Promise<T | undefined> {
  return (await within(FACTS, "readonly", (store) => store.get(key))) as T | undefined;
}
const keepFact = (key: string, value: unknown): Promise<unknown> => within(FACTS, "readwrite", (store) => store.put(value, key));

/** Everything kept, in the order it was captured. */
export async function all(): Promise<Entry[]> {
  const entries = (await within(STORE, "readonly", (store) => store.getAll())) as Entry[];
  return entries.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** A random name: `crypto.randomUUID` is missing in old browsers and on plain http. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** This phone's own random number. */
export async function device(): Promise<string> {
  const known = await fact<string>("device");
  if (known !== undefined) return known;
  const name = randomName();
  await keepFact("device", name);
  return name;
}

/** How far the server is ahead of this phone's clock, as of their last contact, in milliseconds. */
export const offset = async (): Promise<number> => (await fact<number>("offset")) ?? 0;

async function ask(path: string, init: RequestInit): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(path, { ...init, cache: "no-store", credentials: "same-origin", signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Asks the server for its clock and who is signed in; undefined without a network. */
export async function contact(): Promise<Contact | undefined> {
  const before = Date.now();
  try {
    const answer = await ask("/api/v1/contact", {});
    if (!answer.ok) return undefined;
    const got = (await answer.json()) as Contact;
    const after = Date.now();
    await keepFact("offset", Math.round(got.now - (before + after) / 2));
    if (got.who !== "") await keepFact("who", got.who);
    return got;
  } catch {
    return undefined;
  }
}

/** Takes the server's clock from a page that has just come from it: such pages are never kept. */
export async function noteServerTime(now: number): Promise<void> {
  if (Number.isFinite(now) && now > 0) await keepFact("offset", now - Date.now());
}

interface Result {
  id: string;
  outcome: string;
  say: string;
}

const states: Record<string, Entry["state"]> = { done: "done", same: "same", waiting: "pending", conflict: "conflict", refused: "refused" };

async function note(entries: Entry[], results: Result[], now: number): Promise<void> {
  for (const entry of entries) {
    const result = results.find((one) => one.id === entry.id);
    const state = result && states[result.outcome];
    if (result && state) await put({ ...entry, state, say: result.say, sentAt: now });
  }
}

const json = (csrf: string, body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", "x-csrf-token": csrf },
  body: JSON.stringify(body),
});

/** Sends a part and notes the answers; what is in the way, if anything. */
async function post(path: string, body: unknown, csrf: string, part: Entry[]): Promise<Trouble> {
  try {
    const answer = await ask(path, json(csrf, body));
    if (answer.status === 401) return "sign-in";
    if (!answer.ok) return "failed";
    const got = (await answer.json()) as { now: number; results: Result[] };
    await note(part, got.results, got.now);
    return "";
  } catch {
    return "offline";
  }
}

async function send(waiting: Entry[], met: Contact): Promise<Trouble> {
  const name = await device();
  const mine = waiting.filter((entry) => entry.who === met.who || entry.who === "");
  let trouble: Trouble = mine.length < waiting.length ? "other" : "";
  const sessions = [...new Set(mine.filter((entry) => entry.kind === "roll").map((entry) => entry.session))];
  for (const session of sessions) {
    const rolls = mine.filter((entry) => entry.kind === "roll" && entry.session === session);
    for (let from = 0; from < rolls.length; from += CHUNK) {
      const part = rolls.slice(from, from + CHUNK);
      const commands = part.map((one) => ({ id: one.id, act: one.act, sign_up: one.line, at: one.at, offset: one.offset, undoes: one.undoes }));
      const body = { device: name, sent_at: Date.now(), commands };
      trouble = (await post(`/api/v1/sessions/${session}/attendance-commands`, body, met.csrf, part)) || trouble;
      if (trouble === "offline" || trouble === "sign-in") return trouble;
    }
  }
  const scans = mine.filter((entry) => entry.kind === "scan");
  for (let from = 0; from < scans.length; from += SCANS) {
    const part = scans.slice(from, from + SCANS);
    const late = part.map((one) => ({ id: one.id, session: one.session, code: one.code, at: one.at, offset: one.offset }));
    trouble = (await post("/api/v1/scans", { device: name, sent_at: Date.now(), scans: late }, met.csrf, part)) || trouble;
    if (trouble === "offline" || trouble === "sign-in") return trouble;
  }
  return trouble;
}

async function flushNow(): Promise<Trouble> {
  const entries = await all();
  const old = entries.filter((entry) => entry.state !== "waiting" && entry.state !== "refused" && Date.now() - entry.at > KEEP_MS);
  for (const entry of old) await remove(entry.id);
  const waiting = entries.filter((entry) => entry.state === "waiting");
  const met = await contact();
  if (!met) return "offline";
  if (waiting.length === 0) return "";
  if (met.who === "") return "sign-in";
  return send(waiting, met);
}

interface Locks {
  request<T>(name: string, run: () => Promise<T>): Promise<T>;
}

/** Sends what waits. Two pages and the worker may try at once: one after the other where the browser can. */
export function flush(): Promise<Trouble> {
  const locks = (navigator as unknown as { locks?: Locks }).locks;
  return locks ? locks.request("linli-queue", flushNow) : flushNow();
}

interface Syncing {
  sync?: { register(tag: string): Promise<void> };
}

/** Asks the browser to wake the worker when the network is back, where it can. */
export async function wakeLater(): Promise<void> {
  try {
    const ready = (await navigator.serviceWorker?.getRegistration()) as (ServiceWorkerRegistration & Syncing) | undefined;
    await ready?.sync?.register("linli-queue");
  } catch {
    // Refused or unknown: the pages send by themselves.
  }
}

/** Starts the worker that keeps the pages for the spot. */
export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const start = (): void => void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
}
