// Whoever chooses English sees no button, label or heading of a table in Chinese.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("English is complete on the pages of a volunteer", async () => {
  await withPage({ ...PHONE, base: server.base, locale: "en-GB" }, async (page) => {
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
