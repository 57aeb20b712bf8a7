// What several islands share: reading the page's own settings and speaking to the person.

/** The content of `<meta name="…">`, when the page has one. */
export function meta(name: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
}

/**
 * A sentence in the page's language: the server puts it on `<body data-…>`; the fallback is for pages
 * that do not carry it.
 */
export function message(key: string, fallback: string): string {
  return document.body.dataset[key] ?? fallback;
}

/**
 * Says something without a pop-up: in the page's `[data-live]` region (made when missing), which screen
 * readers read aloud.
 */
export function announce(text: string): void {
  let region = document.querySelector<HTMLElement>("[data-live]");
  if (!region) {
    region = document.createElement("div");
    region.setAttribute("data-live", "");
    region.setAttribute("role", "status");
    region.className = "live";
    document.body.append(region);
  }
  const place = region;
  // An unchanged text is not read again; emptying first makes it new.
  place.textContent = "";
  window.setTimeout(() => (place.textContent = text), 50);
  window.setTimeout(() => {
    if (place.textContent === text) place.textContent = "";
  }, 6000);
}

/** The server's time in milliseconds, as near as the page knows: phones' clocks are often wrong. */
export const serverNow: () => number = (() => {
  const given = Number(meta("now"));
  const skew = Number.isFinite(given) && given > 0 ? given - Date.now() : 0;
  return () => Date.now() + skew;
})();

/** Waits, in milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => window.setTimeout(done, milliseconds));
}
