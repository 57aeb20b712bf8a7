// Every page a role can reach by links, one of each kind: it opens, says nothing in the console and does not scroll
// sideways, and no link leads nowhere; it is clean for axe, asked once for all the filters of a list. What each role
// needs must be among them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { checkKind, furnitureOf, kindOf, walk } from "./walk.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

/** What each role comes for: reached by links, or it might as well not be there. */
const needs = {
  visitor: ["/sessions", "/activities", "/campaigns", "/rankings", "/orgs", "/teams", "/figures", "/spot-checks/results", "/alliances", "/partners", "/sign-in", "/register", "/help", "/api"],
  volunteer: ["/activities", "/schedule", "/me", "/me/hours", "/me/edit", "/me/sessions", "/rankings", "/inbox", "/check-in", "/me/report-in"],
  leader: ["/manage", "/activities/new", "/me", "/teams", "/help", "/me/second-factor", "/me/tokens"],
  station: ["/people", "/people/new", "/import", "/records", "/disputes", "/dashboard", "/manage", "/exports", "/report-in", "/bodies", "/targets", "/reviews", "/spot-checks"],
  office: ["/campaigns/new", "/rules/coordination", "/rules/review", "/rules/spot-checks", "/spot-checks", "/alliances/new", "/partners/new", "/coordination", "/dashboard", "/people", "/orgs", "/records", "/rankings", "/import"],
  system: ["/accounts", "/backups", "/me/sessions", "/me/second-factor"],
  security: ["/roles", "/exports"],
  audit: ["/audit"],
};
// At desk size a kind of page is looked at once, with the first role that meets it.
const atDesk = new Set();

for (const [role, wanted] of Object.entries(needs)) {
  test(`every page of ${role}`, async () => {
    const at = { base: server.base };
    await withPage({ ...PHONE, ...at }, (page) => withPage({ ...DESK, ...at }, async (desk) => {
      if (role !== "visitor") {
        await signIn(page, role);
        await signIn(desk, role);
      }
      const met = new Set();
      const kinds = await walk(page, server.base, async (href) => {
        const kind = furnitureOf(kindOf(href, server.base));
        await checkKind(page, role, href, { layoutOnly: met.has(kind) });
        met.add(kind);
        if (atDesk.has(kind)) return;
        atDesk.add(kind);
        await desk.goto(href);
        await checkKind(desk, role, href);
      });
      const paths = new Set([...kinds].map(furnitureOf));
      assert.deepEqual(wanted.filter((path) => !paths.has(path)), [], "not reached by links");
    }));
  });
}
