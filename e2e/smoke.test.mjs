// The first page, before anybody has signed in: it opens, reads well, works without scripts, and is
// light enough for slow networks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkPage, closeBrowser, PHONE, SIZES, startServer, transferOf, withPage } from "./lib.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server?.stop();
});

for (const size of SIZES) {
  test(`the first page at ${size.width} px`, async () => {
    await withPage({ ...size, base: server.base }, async (page) => {
      const answer = await page.goto("/");
      assert.equal(answer.status(), 200);
      await checkPage(page, "home");
    });
  });

  test(`the first page in the dark at ${size.width} px`, async () => {
    await withPage({ ...size, base: server.base }, async (page) => {
      await page.goto("/");
      await page.evaluate(() => document.documentElement.setAttribute("data-bs-theme", "dark"));
      await checkPage(page, "home-dark");
    });
  });
}

test("the first page for elders", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await page.goto("/");
    await page.evaluate(() => document.documentElement.classList.add("elder"));
    await checkPage(page, "home-elder");
  });
});

test("elders have the page read aloud, and stop it", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    // A machine without a voice stands in for the phone's: what it is told to say is kept.
    await page.addInitScript(() => {
      window.said = [];
      window.SpeechSynthesisUtterance = class extends EventTarget {
        constructor(text) {
          super();
          this.text = text;
        }
      };
      Object.defineProperty(window, "speechSynthesis", {
        value: { speak: (one) => window.said.push([one.text, one.lang]), cancel: () => (window.said.length = 0) },
      });
    });
    await page.goto("/");
    assert.equal(await page.getByRole("button", { name: "朗读本页" }).count(), 0, "only in the elder mode");
    await page.locator("button[name=elder]").click();
    const button = page.getByRole("button", { name: "朗读本页" });
    await button.waitFor();
    await checkPage(page, "home-aloud");
    await button.click();
    const said = await page.evaluate(() => window.said);
    assert.equal(said[0][0], await page.locator("main h1").first().innerText());
    assert.ok(said.every(([, lang]) => lang === "zh-CN"));
    assert.ok(!said.some(([text]) => text.includes("朗读") || text.includes("演示城市：")), "neither itself nor the foot");
    await page.getByRole("button", { name: "停止朗读" }).click();
    assert.equal(await page.evaluate(() => window.said.length), 0);
    await button.waitFor();
  });
});

test("the first page says what it is without scripts", async () => {
  await withPage({ ...PHONE, base: server.base, javaScriptEnabled: false }, async (page) => {
    await page.goto("/");
    assert.ok((await page.locator("h1").first().innerText()).length > 0);
  });
});

test("the first page transfers less than 100 KB", async () => {
  const bytes = await transferOf("/", { ...PHONE, base: server.base });
  assert.ok(bytes < 100 * 1024, `${bytes} bytes`);
});
