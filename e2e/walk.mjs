// Walks a city by its links, as somebody who clicks on everything once.
import assert from "node:assert/strict";
import { ALL_SHOTS, checkPage } from "./lib.mjs";

/** What kind of page an address leads to: numbers and codes are one kind, and so are filters of a list. */
export function kindOf(href, base) {
  const url = new URL(href, base);
  const path = url.pathname.replace(/\/\d+/g, "/#").replace(/^\/(c|k|slip|not-me|set-up|help|api\/operations)\/.*/, "/$1/#");
  return `${path}?${[...url.searchParams.keys()].sort().join("&")}`;
}

/** The page of a kind without its filters: other rows, the same furniture. */
export const furnitureOf = (kind) => kind.split("?")[0];

const skipped = (url, base) =>
  url.origin !== base ||
  url.pathname.startsWith("/assets/") ||
  url.pathname === "/settings/lang" ||
  url.searchParams.has("format") ||
  /\.(xlsx|csv|svg|ics|json)$/.test(url.pathname);

/** Visits one page of each kind, from the first page on; `visit` looks at each. Returns the kinds. */
export async function walk(page, base, visit) {
  const seen = new Set([kindOf("/", base)]);
  const queue = ["/"];
  while (queue.length > 0) {
    const href = queue.shift();
    const answer = await page.goto(href);
    assert.ok(answer.status() < 400, `${href} answers ${answer.status()}`);
    await visit(href);
    for (const link of await page.locator("a[href]:not([download])").evaluateAll((all) => all.map((a) => a.href))) {
      const url = new URL(link);
      const kind = skipped(url, base) ? "" : kindOf(link, base);
      if (kind && !seen.has(kind)) {
        seen.add(kind);
        queue.push(url.pathname + url.search);
      }
    }
  }
  return seen;
}

/** Looks at a page of a walk; its name in e2e/shots says who met it in which look. */
export async function checkKind(page, who, href, options = {}) {
  const kind = kindOf(href, page.url()).replaceAll("#", "one").replace(/[^a-z]+/gi, "-");
  await checkPage(page, `all-${who}${kind}`.slice(0, 80), { shot: ALL_SHOTS, ...options });
}
