// "Notify me on this device": asks the browser, subscribes at its push service, and hands the result to a plain form.
//
//   <section data-push data-key="base64url" data-say-old data-say-home data-say-denied data-say-failed>
//     <form data-push-form [data-push-known]> hidden endpoint, p256dh, auth, key
//       <button type="button" data-push-on>…</button> <p role="status" data-push-say></p>
//     </form>
//     <form data-push-off>…</form>   (removes the device the page is looked at on)
//   </section>
//
// What this browser cannot do is said instead of a button that does nothing.

const section = document.querySelector<HTMLElement>("[data-push]");

/** The bytes of a base64url text. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const out = new Uint8Array(new ArrayBuffer(plain.length));
  for (let at = 0; at < plain.length; at++) out[at] = plain.charCodeAt(at);
  return out;
}

function base64url(buffer: ArrayBuffer | null): string {
  const text = Array.from(new Uint8Array(buffer ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const able = (): boolean => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** Safari on phones shows notifications of what stands on the home screen, and of nothing else. */
const needsHome = (): boolean =>
  /iPhone|iPad/.test(navigator.userAgent) && (navigator as unknown as { standalone?: boolean }).standalone !== true;

/** What this browser is subscribed with now, if it is. */
async function current(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration();
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

/** Gives up on what may never come to an end, such as a push service that cannot be reached. */
function soon<T>(work: Promise<T>, ms: number): Promise<T> {
  const slow = new Promise<never>((_, fail) => setTimeout(() => fail(new Error("slow")), ms));
  return Promise.race([work, slow]);
}

/** `known`: the city knows this device as one that is notified. */
async function subscribe(key: string, known: boolean): Promise<PushSubscription> {
  await navigator.serviceWorker.register("/sw.js");
  const worker = await soon(navigator.serviceWorker.ready, 15_000);
  const old = await worker.pushManager.getSubscription();
  if (old) {
    // A subscription under another key of the city, or one that the push service gave up, is of no use any more.
    if (known && base64url(old.options.applicationServerKey) === key) return old;
    await soon(old.unsubscribe(), 15_000);
  }
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

/** Puts what the browser gave into the form and sends it. */
function hand(form: HTMLFormElement, given: PushSubscription): void {
  const put = (name: string, value: string): void => {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  };
  put("endpoint", given.endpoint);
  put("p256dh", base64url(given.getKey("p256dh")));
  put("auth", base64url(given.getKey("auth")));
  form.submit();
}

function start(part: HTMLElement): void {
  const key = part.dataset["key"] ?? "";
  const form = part.querySelector<HTMLFormElement>("[data-push-form]");
  const button = part.querySelector<HTMLButtonElement>("[data-push-on]");
  const line = part.querySelector<HTMLElement>("[data-push-say]");
  if (!form || !button) return;
  const say = (what: "sayOld" | "sayHome" | "sayDenied" | "sayFailed" | ""): void => {
    if (line) line.textContent = what === "" ? "" : (part.dataset[what] ?? "");
  };
  const off = (what: "sayOld" | "sayHome"): void => {
    button.hidden = true;
    say(what);
  };
  if (!able()) {
    off(needsHome() ? "sayHome" : "sayOld");
    return;
  }
  // On a device that is notified there is nothing to press, unless its browser has forgotten.
  if (form.hasAttribute("data-push-known")) {
    void current().then((given) => {
      form.hidden = given !== null && base64url(given.options.applicationServerKey) === key;
    });
  }
  button.addEventListener("click", () => {
    const run = async (): Promise<void> => {
      say("");
      button.setAttribute("aria-busy", "true");
      button.disabled = true;
      try {
        if ((await Notification.requestPermission()) !== "granted") {
          say("sayDenied");
          return;
        }
        hand(form, await subscribe(key, form.hasAttribute("data-push-known")));
      } catch {
        say("sayFailed");
      } finally {
        button.removeAttribute("aria-busy");
        button.disabled = false;
      }
    };
    void run();
  });
  part.querySelectorAll<HTMLFormElement>("[data-push-off]").forEach((remove) =>
    remove.addEventListener("submit", (event) => {
      event.preventDefault();
      // The server forgets it in any case; that the browser does too keeps the push service tidy.
      const tidy = current().then((given) => given?.unsubscribe());
      void soon(tidy, 3_000).catch(() => undefined).then(() => remove.submit());
    }),
  );
}

if (section) start(section);
