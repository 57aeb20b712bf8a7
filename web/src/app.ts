// What every page carries: htmx for partial updates, and small behaviours that make plain HTML kinder.
// All of it is sugar: each form and link works with this file missing. Behaviours hang on the document
// by delegation, so what htmx swaps in needs no second start.
import htmx from "htmx.org";
import { startCountdowns } from "./countdown";
import { startDrafts } from "./draft";
import { announce, meta, message } from "./page";
import { startSpeaking } from "./speak";

// The page's policy forbids eval and inline styles; htmx must not even try. The `htmx-config` meta tag
// says the same where a page needs more.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
// Pages hold personal data and computers in a community office are shared: keep none in local storage.
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
// A refusal (409, 422 …) is a page fragment with reasons, to be shown like any other answer.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "(400|403|404|409|422|429)", swap: true, error: true },
  { code: "...", swap: false, error: true },
];

document.documentElement.classList.add("js");

type HtmxEvent = CustomEvent<{ headers?: Record<string, string>; xhr?: XMLHttpRequest }>;

document.addEventListener("htmx:configRequest", (event) => {
  const token = meta("csrf");
  const headers = (event as HtmxEvent).detail.headers;
  if (token !== undefined && headers) headers["x-csrf-token"] = token;
});
document.addEventListener("htmx:sendError", () => announce(message("msgOffline", "网络不通，请稍后再试。")));
document.addEventListener("htmx:responseError", (event) => {
  const status = (event as HtmxEvent).detail.xhr?.status ?? 0;
  if (status >= 500) announce(message("msgFailed", "服务器出错，请稍后再试。"));
});
document.addEventListener("htmx:afterSwap", () => startCountdowns(document));

// ---- forms: confirm what cannot be undone, and send only once ----

/** Forms on their way; a second press is swallowed until the page changes or htmx answers. */
const sending = new WeakSet<HTMLFormElement>();

function release(form: HTMLFormElement): void {
  sending.delete(form);
  form.querySelectorAll<HTMLButtonElement>("[aria-busy=true]").forEach((b) => b.removeAttribute("aria-busy"));
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    // Safari 14 has no `submitter`; the focused button is then the best guess.
    const button = event.submitter ?? document.activeElement;
    const question = button?.getAttribute("data-confirm") ?? form.getAttribute("data-confirm");
    if (question !== null && !window.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "get" || form.target === "_blank" || form.hasAttribute("data-repeat")) return;
    if (sending.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sending.add(form);
    // `disabled` would drop the button's own name and value from what is sent; `aria-busy` does not.
    if (button instanceof HTMLElement && form.contains(button)) button.setAttribute("aria-busy", "true");
    // A download leaves the page where it is: let go after a while.
    window.setTimeout(() => release(form), 8000);
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  if (form) release(form);
});
// Coming back by the back button restores a frozen page; nothing on it is being sent any more.
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach(release));

// ---- long forms typed from paper: Enter goes on to the next field ----

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement)) return;
  const form = field.form;
  if (!form || !form.hasAttribute("data-enter-next")) return;
  event.preventDefault();
  const fields = Array.from(form.querySelectorAll<HTMLElement>("input:not([type=hidden]), textarea, .stick-actions button"));
  fields[fields.indexOf(field) + 1]?.focus();
});

// ---- clicks ----

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Old in-app browsers have no clipboard API.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const link = event.target.closest("a[data-confirm]");
  if (link && !window.confirm(link.getAttribute("data-confirm") ?? "")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    event.preventDefault();
    const given = copier.getAttribute("data-copy");
    const text = given || (copier instanceof HTMLAnchorElement ? copier.href : location.href);
    void copy(text).then((done) =>
      announce(done ? message("msgCopied", "已复制。") : message("msgNotCopied", "无法复制，请长按选取。")),
    );
    return;
  }
  if (event.target.closest("[data-print]")) {
    event.preventDefault();
    window.print();
    return;
  }
  const closer = event.target.closest("[data-dismiss]");
  if (closer) {
    event.preventDefault();
    const name = closer.getAttribute("data-dismiss");
    closer.closest(name ? name : ".flash, .alert")?.remove();
    // The focused button is gone: give focus back to the page instead of losing it.
    document.getElementById("main")?.focus();
    return;
  }
  if (event.target.closest("[data-back]")) {
    event.preventDefault();
    history.back();
  }
});

// ---- tables: select all, and how many ----

function countSelected(scope: Element): void {
  const boxes = Array.from(scope.querySelectorAll<HTMLInputElement>("input[data-select]"));
  const chosen = boxes.filter((box) => box.checked).length;
  scope.querySelectorAll<HTMLInputElement>("input[data-select-all]").forEach((all) => {
    all.checked = boxes.length > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  });
  scope.querySelectorAll("[data-select-count]").forEach((place) => (place.textContent = String(chosen)));
  scope.querySelectorAll<HTMLElement>("[data-select-actions]").forEach((place) => (place.hidden = chosen === 0));
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement || box instanceof HTMLSelectElement)) return;
  if (box.hasAttribute("data-autosubmit")) {
    box.form?.querySelector<HTMLElement>("[type=submit]")?.click();
    return;
  }
  if (!(box instanceof HTMLInputElement)) return;
  const scope = box.closest("[data-select-scope]") ?? box.closest("form") ?? box.closest("table");
  if (!scope) return;
  if (box.matches("[data-select-all]")) {
    scope.querySelectorAll<HTMLInputElement>("input[data-select]").forEach((other) => (other.checked = box.checked));
  }
  if (box.matches("[data-select-all], [data-select]")) countSelected(scope);
});

// ---- keys ----

document.addEventListener("keydown", (event) => {
  const inField =
    event.target instanceof HTMLElement && (event.target.isContentEditable || event.target.matches("input, textarea, select"));
  const palette = event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey;
  const slash = event.key === "/" && !inField && !event.metaKey && !event.ctrlKey && !event.altKey;
  if (!palette && !slash) return;
  // The box in view wins: phone and desk may each have one.
  const boxes = Array.from(document.querySelectorAll<HTMLInputElement>("[data-search], input[type=search]"));
  const box = boxes.find((candidate) => candidate.offsetParent !== null);
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// ---- start ----

document.querySelectorAll("[data-select-scope]").forEach(countSelected);
startCountdowns(document);
startDrafts();
startSpeaking();
// The summary of errors is what a person must read first after a refused form.
document.querySelector<HTMLElement>("[data-error-summary]")?.focus();
