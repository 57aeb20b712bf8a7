// The service worker: without a network it shows the pages meant for the spot, and nothing else. It keeps the
// app's own files of this build, one page without personal data, and the roll-call pages a leader opened; those
// end a day after their session and at once when somebody signs out on this phone. It also shows the notifications that
// this device was subscribed to, and opens what they are about.
import { flush } from "./queue";

declare const SHELL: string[];
/** The reader of QR pictures, for browsers without one of their own. */
declare const READER: string[];
declare const VERSION: string;
/** Picture beside a notification. */
declare const ICON: string;

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchLike extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface PushLike extends Extendable {
  data: { json(): unknown } | null;
}
interface ClickLike extends Extendable {
  notification: { close(): void; data?: unknown };
}
interface Page {
  url: string;
  focus(): Promise<unknown>;
}
interface Scope {
  addEventListener(kind: "install" | "activate" | "sync", run: (event: Extendable & { tag?: string }) => void): void;
  addEventListener(kind: "fetch", run: (event: FetchLike) => void): void;
  addEventListener(kind: "push", run: (event: PushLike) => void): void;
  addEventListener(kind: "notificationclick", run: (event: ClickLike) => void): void;
  skipWaiting(): Promise<void>;
  clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<Page[]>;
    openWindow(url: string): Promise<unknown>;
  };
  registration: ServiceWorkerRegistration;
  location: Location;
}
const self_ = self as unknown as Scope;

const FILES = `linli-files-${VERSION}`;
const PAGES = "linli-pages";
const FALLBACK = "/offline";
/** A network that has not answered a page by then is treated as none. */
const PATIENCE_MS = 6000;

self_.addEventListener("install", (event) => {
  const fill = async (): Promise<void> => {
    const cache = await caches.open(FILES);
    await cache.addAll("BarcodeDetector" in self ? SHELL : [...SHELL, ...READER]);
    await cache.put(FALLBACK, await fetch(FALLBACK, { cache: "no-store", credentials: "same-origin" }));
    await self_.skipWaiting();
  };
  event.waitUntil(fill());
});

self_.addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    for (const name of await caches.keys()) {
      if (name.startsWith("linli-files-") && name !== FILES) await caches.delete(name);
    }
    await self_.clients.claim();
  };
  event.waitUntil(tidy());
});

self_.addEventListener("sync", (event) => {
  if (event.tag !== "linli-queue") return;
  const send = async (): Promise<void> => {
    // The browser tries again later when this fails.
    if ((await flush()) === "offline") throw new Error("still offline");
  };
  event.waitUntil(send());
});

const kept = (path: string): boolean => /^\/sessions\/\d+\/offline$/.test(path);

async function fromNetwork(request: Request): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("slow")), PATIENCE_MS);
  });
  try {
    return await Promise.race([fetch(request), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The page as the network has it, else as it was kept, else the page that says so. */
async function page(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  try {
    // Only pages that can be shown from here are given up early; others may take their time.
    const answer = kept(path) ? await fromNetwork(request) : await fetch(request);
    if (kept(path)) {
      const pages = await caches.open(PAGES);
      if (answer.ok && !answer.redirected) await pages.put(path, answer.clone());
      else if (answer.status === 403 || answer.status === 404) await pages.delete(path);
    }
    return answer;
  } catch (error) {
    if (kept(path)) {
      const pages = await caches.open(PAGES);
      const copy = await pages.match(path);
      if (copy && Number(copy.headers.get("x-keep-until") ?? 0) > Date.now()) return copy;
      if (copy) await pages.delete(path);
    }
    const fallback = await (await caches.open(FILES)).match(FALLBACK);
    if (fallback) return fallback;
    throw error;
  }
}

async function file(request: Request): Promise<Response> {
  const copy = await (await caches.open(FILES)).match(request);
  return copy ?? fetch(request);
}

self_.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self_.location.origin) return;
  if (request.method === "POST" && url.pathname === "/sign-out") {
    // Whoever uses this device next is not told what was meant for somebody else.
    event.waitUntil(Promise.all([caches.delete(PAGES), silence()]));
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(file(request));
});

/** Ends this device's subscription, if there is one. */
async function silence(): Promise<void> {
  try {
    await (await self_.registration.pushManager?.getSubscription())?.unsubscribe();
  } catch {
    // The server has forgotten it anyway.
  }
}

/** A text of a notification; anything else is none. */
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** A page of this site; anything else leads to the messages. */
function place(value: unknown): string {
  const url = new URL(text(value) || "/inbox", self_.location.origin);
  return url.origin === self_.location.origin ? url.href : new URL("/inbox", self_.location.origin).href;
}

self_.addEventListener("push", (event) => {
  let said: Record<string, unknown> = {};
  try {
    const read: unknown = event.data?.json();
    if (typeof read === "object" && read !== null) said = read as Record<string, unknown>;
  } catch {
    // Browsers demand that something is shown for each message, whatever is in it.
  }
  event.waitUntil(
    self_.registration.showNotification(text(said["title"]) || "邻里 Linli", {
      body: text(said["body"]),
      tag: text(said["tag"]),
      lang: text(said["lang"]),
      icon: ICON,
      badge: ICON,
      data: { href: text(said["href"]) },
    }),
  );
});

self_.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data = event.notification.data as { href?: unknown } | null | undefined;
  const to = place(data?.href);
  const open = async (): Promise<void> => {
    const pages = await self_.clients.matchAll({ type: "window", includeUncontrolled: true });
    // Other pages of ours are left alone: something may be half typed there.
    const there = pages.find((page) => page.url === to);
    if (there) await there.focus().catch(() => self_.clients.openWindow(to));
    else await self_.clients.openWindow(to);
  };
  event.waitUntil(open());
});
