// Every role signs in as a person would in the demo city and visits its pages at phone and desk size;
// each page must be clean for axe, without console errors and without sideways scrolling.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const everybody = ["/", "/sessions", "/activities", "/rankings", "/orgs", "/teams", "/figures", "/sign-in", "/register", "/check-in", "/help", "/help/check-in"];
const pages = {
  visitor: everybody,
  volunteer: ["/", "/activities", "/schedule", "/me", "/me/hours", "/me/edit", "/me/sessions", "/rankings", "/inbox", "/check-in"],
  leader: ["/", "/manage", "/activities/new", "/me", "/teams", "/help", "/me/second-factor", "/confirm"],
  station: ["/", "/people", "/people/new", "/import", "/records", "/slips", "/disputes", "/dashboard", "/manage", "/exports", "/confirm"],
  office: ["/", "/dashboard", "/people", "/orgs", "/records", "/rankings?by=team&period=year", "/import"],
  system: ["/", "/accounts", "/backups", "/me/sessions", "/me/second-factor"],
  security: ["/", "/roles", "/exports"],
  audit: ["/", "/audit"],
};

for (const [role, paths] of Object.entries(pages)) {
  for (const size of SIZES) {
    test(`${role} at ${size.width} px`, async () => {
      await withPage({ ...size, base: server.base }, async (page) => {
        if (role !== "visitor") await signIn(page, role);
        for (const path of paths) {
          const answer = await page.goto(path);
          assert.equal(answer.status(), 200, `${role} ${path}`);
          const name = `${role}-${path.replace(/^\//, "").replace(/[^a-z0-9]+/gi, "-") || "home"}`;
          await checkPage(page, name);
        }
      });
    });
  }
}

test("English is complete on the pages of a volunteer", async () => {
  await withPage({ ...SIZES[0], base: server.base, locale: "en-GB" }, async (page) => {
    await signIn(page, "volunteer");
    for (const path of ["/", "/activities", "/schedule", "/me", "/me/hours", "/rankings"]) {
      await page.goto(`${path}?lang=en`);
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      const buttons = await page.locator("button:visible, .nav-link:visible, label:visible, th:visible").allInnerTexts();
      // What stands on a second line is data: the title of the activity that a button belongs to.
      const chinese = buttons.map((text) => text.trim().split("\n")[0]).filter((text) => /[\u4e00-\u9fff]/.test(text) && text !== "中文");
      assert.deepEqual(chinese, [], path);
    }
  });
});
