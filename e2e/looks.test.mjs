// The pages of a volunteer and a leader in the dark and in elder mode: readable, and nothing runs out of the
// screen. Their structure is every-page.test.mjs's business; here only what another look can break is asked.
import { after, before, test } from "node:test";
import { PHONE, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { checkKind, furnitureOf, kindOf, walk } from "./walk.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

for (const look of ["dark", "elder"]) {
  /** Colours and sizes of a page are the same for everybody; the first page differs most. */
  const looked = new Set();
  for (const role of ["volunteer", "leader"]) {
    test(`pages of a ${role}, ${look}`, async () => {
      await withPage({ ...PHONE, base: server.base }, async (page, context) => {
        await context.addCookies([{ name: `linli_${look}`, value: "1", url: server.base }]);
        await signIn(page, role);
        await walk(page, server.base, async (href) => {
          const kind = furnitureOf(kindOf(href, server.base));
          if (href !== "/" && looked.has(kind)) return;
          looked.add(kind);
          await checkKind(page, `${look}-${role}`, href, { onlyRules: ["color-contrast", "target-size"] });
        });
      });
    });
  }
}
