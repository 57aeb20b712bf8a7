// A unit joins, its people serve in its name, its hours are seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("somebody serves in a unit's name once the unit says so", async () => {
  let unit;
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/me");
    await page.getByRole("link", { name: "以单位名义服务" }).click();
    await checkPage(page, "unit-me-empty");
    await page.fill("#q", "水务");
    await page.getByRole("button", { name: "查找" }).click();
    await page.getByRole("button", { name: /我以它的名义服务/ }).click();
    await page.waitForLoadState();
    assert.match(await page.locator("main").innerText(), /待单位确认/);
    await checkPage(page, "unit-me-asked");
    unit = await page.locator("main h2 a[href^='/units/']").first().getAttribute("href");
    await page.goto(unit);
    await checkPage(page, "unit-public");
  });
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto(`${unit}?state=asked`);
    await checkPage(page, "unit-asked-desk");
    const before = await page.getByRole("button", { name: /^确认/ }).count();
    await page.getByRole("button", { name: /^确认/ }).first().click();
    await page.waitForLoadState();
    await page.goto(`${unit}?state=asked`);
    assert.equal(await page.getByRole("button", { name: /^确认/ }).count(), before - 1);
    await page.goto(unit);
    await checkPage(page, "unit-inside-desk");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/me/unit");
    assert.match(await page.locator("main").innerText(), /以单位名义服务/);
    await checkPage(page, "unit-me-active");
  });
});

test("a new unit applies and the station takes it in", async () => {
  let host;
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/units");
    await checkPage(page, "units-public");
    await page.getByRole("link", { name: "单位申请入会" }).click();
    await page.fill("#q", "队");
    await page.getByRole("button", { name: "查找" }).click();
    await checkPage(page, "unit-join-find");
  });
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto("/");
    const link = page.locator("a[href*='/units?state=applied']").first();
    host = (await link.getAttribute("href")).match(/orgs\/(\d+)/)[1];
    await page.goto(`/orgs/${host}/units`);
    await checkPage(page, "unit-host-desk");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(`/units/join?host=${host}`);
    await page.fill("#f-name", "清河纸业有限公司");
    await page.selectOption("#f-type", "enterprise");
    await page.fill("#f-uscc", "91990000MA0000002X");
    await page.fill("#f-phone", "0000-8888 0000");
    await page.getByRole("button", { name: "提交申请" }).click();
    await page.waitForSelector(".error-summary");
    forgetProblems(page);
    await page.fill("#f-uscc", "91990000MA0000002E");
    await checkPage(page, "unit-join-form");
    await page.getByRole("button", { name: "提交申请" }).click();
    await page.waitForURL(/\/me\/unit/);
    assert.match(await page.locator("main").innerText(), /待审核/);
    await checkPage(page, "unit-me-applied");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto(`/orgs/${host}/units?state=applied`);
    await checkPage(page, "unit-host-phone");
    await page.getByRole("button", { name: "通过 清河纸业有限公司", exact: true }).click();
    await page.waitForLoadState();
    await page.goto(`/orgs/${host}/units?q=%E6%B8%85%E6%B2%B3`);
    assert.match(await page.locator("main").innerText(), /单位会员/);
    await page.goto(`/orgs/${host}/units/new`);
    await checkPage(page, "unit-enter");
  });
});

test("the office ranks units", async () => {
  for (const size of SIZES) {
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto("/units");
      await page.selectOption("#sort", "hours");
      await page.getByRole("button", { name: "查看" }).click();
      await checkPage(page, "units-ranking");
      const hours = await page.locator("tbody tr td:last-child").allInnerTexts();
      const numbers = hours.map((text) => parseFloat(text.replace(/[^0-9.]/g, "")));
      assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
    });
  }
});
