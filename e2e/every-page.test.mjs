// Every page a role can reach by links, one of each kind: it opens, is clean for axe, says nothing in the
// console and does not scroll sideways. Also in the dark and in elder mode, and no link leads nowhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

/** What kind of page an address leads to: numbers and codes are one kind, and so are filters of a list. */
function kindOf(href) {
  const url = new URL(href, server.base);
  const path = url.pathname.replace(/\/\d+/g, "/#").replace(/^\/(c|k|slip|not-me|set-up|help)\/.*/, "/$1/#");
  return `${path}?${[...url.searchParams.keys()].sort().join("&")}`;
}

const skipped = (url) =>
  url.origin !== server.base ||
  url.pathname.startsWith("/assets/") ||
  url.pathname === "/settings/lang" ||
  url.searchParams.has("format") ||
  /\.(xlsx|csv|svg|ics)$/.test(url.pathname);

/** Visits one page of each kind, from the first page on; `visit` looks at each. Returns the kinds. */
async function walk(page, visit) {
  const seen = new Set([kindOf("/")]);
  const queue = ["/"];
  while (queue.length > 0) {
    const href = queue.shift();
    const answer = await page.goto(href);
    assert.ok(answer.status() < 400, `${href} answers ${answer.status()}`);
    await visit(href);
    for (const link of await page.locator("a[href]").evaluateAll((all) => all.map((a) => a.href))) {
      const url = new URL(link);
      const kind = skipped(url) ? "" : kindOf(link);
      if (kind && !seen.has(kind)) {
        seen.add(kind);
        queue.push(url.pathname + url.search);
      }
    }
  }
  return seen;
}

const name = (role, href) => `all-${role}${kindOf(href).replaceAll("#", "one").replace(/[^a-z]+/gi, "-")}`.slice(0, 80);
const roles = ["visitor", "volunteer", "leader", "station", "office", "system", "security", "audit"];
// At desk size a kind of page is looked at once, with the first role that meets it.
const atDesk = new Set();

for (const role of roles) {
  test(`every page of ${role}`, async () => {
    await withPage({ ...PHONE, base: server.base }, async (page) => {
      if (role !== "visitor") await signIn(page, role);
      const kinds = await walk(page, async (href) => checkPage(page, name(role, href), { shot: false }));
      assert.ok(kinds.size > 5, `only ${kinds.size} kinds of pages`);
    });
    await withPage({ ...DESK, base: server.base }, async (page) => {
      if (role !== "visitor") await signIn(page, role);
      await walk(page, async (href) => {
        if (atDesk.has(kindOf(href))) return;
        atDesk.add(kindOf(href));
        await checkPage(page, name(role, href), { shot: false });
      });
    });
  });
}

for (const [look, change] of Object.entries({
  dark: () => document.documentElement.setAttribute("data-bs-theme", "dark"),
  elder: () => document.documentElement.classList.add("elder"),
})) {
  test(`pages of a volunteer and a leader, ${look}`, async () => {
    for (const role of ["volunteer", "leader"]) {
      await withPage({ ...PHONE, base: server.base }, async (page) => {
        await signIn(page, role);
        await walk(page, async (href) => {
          await page.evaluate(change);
          await checkPage(page, `${look}-${name(role, href)}`);
        });
      });
    }
  });
}
