// Steps of the main job in a real browser. The whole path with its clock is walked in the tests of `service`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, evenSo, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("a link from a chat leads straight to the activity", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await page.goto("/activities");
    const first = page.locator("main a[href^='/activities/']").first();
    const link = await first.getAttribute("href");
    // The link in a chat group leads to the activity.
    await page.goto(link);
    await checkPage(page, "spine-activity");
    assert.ok(await page.locator("h1").innerText());
  });
});

test("sign up, see it in the schedule, give the place back", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    // A session this volunteer can take, taken on its activity's page.
    await page.goto("/sessions");
    const row = page.locator("article", { has: page.locator("form[action$='/sign-up']") }).first();
    const action = await row.locator("form[action$='/sign-up']").getAttribute("action");
    await row.locator("h3 a").click();
    await page.locator(`form[action='${action}'] button:not([disabled]):not([formaction])`).first().click();
    await evenSo(page, page.locator(`form[action='${action.replace(/sign-up$/, "sign-off")}']`).first());
    await checkPage(page, "spine-signed-up");
    await page.goto("/schedule");
    await checkPage(page, "spine-schedule");
  });
});

test("a leader finds the sessions to lead", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    await page.goto("/manage");
    await checkPage(page, "spine-manage");
  });
});

test("the station sees what waits and confirms it", async () => {
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto("/records");
    const link = page.locator("main a[href^='/records/sessions/']").first();
    assert.ok(await link.count(), "the demo city has records that wait for this station");
    await link.click();
    await page.waitForLoadState();
    await checkPage(page, "spine-records");
  });
});
