// Finding a session, taking it with one tap, undoing it, and waiting for a full one: on a phone, with and without scripts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, evenSo, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, fill, flash, publish, send, text, tomorrow } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

for (const javaScriptEnabled of [true, false]) {
  test(`one tap takes a session, one more gives it back, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    await withPage({ ...PHONE, base: server.base, javaScriptEnabled }, async (page) => {
      await signIn(page, "volunteer");
      await page.goto("/");
      await page.locator(".bottombar a[href='/sessions']").click();
      await page.waitForURL(/\/sessions$/);
      if (javaScriptEnabled) await checkPage(page, "take-list");
      const row = page.locator("article.task", { has: page.locator("form[action$='/sign-up']") }).first();
      const title = (await row.locator("h3").innerText()).trim();
      await row.locator("form[action$='/sign-up'] button").click();
      const told = page.locator(".alert-success");
      await evenSo(page, told);
      assert.match(page.url(), /signed=/);
      assert.ok((await told.innerText()).includes(title), "the list says what was taken");
      if (javaScriptEnabled) await checkPage(page, "take-signed");
      await told.locator("button").first().click();
      await page.waitForURL(/\/sessions$/);
      assert.ok((await page.locator(".flash").innerText()).length > 0, "and that it was given back");
    });
  });
}

test("a visitor sees the list and comes back to it from signing in", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await page.goto("/sessions?full=1");
    await checkPage(page, "take-visitor");
    const href = await page.locator("article.task a[href^='/sign-in']").first().getAttribute("href");
    assert.equal(new URL(href, server.base).searchParams.get("next"), "/sessions?full=1");
  });
});

test("filters narrow the list, in both languages and at desk size", async () => {
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/sessions?lang=en&full=1");
    await checkPage(page, "take-filter");
    await page.goto("/sessions?q=nosuchword");
    await checkPage(page, "take-empty");
    assert.equal(await page.locator("article.task").count(), 0);
  });
});

test("kept places are nobody else's until they are opened", async () => {
  const { day } = tomorrow(9, 1);
  const title = "预留名额演练";
  let activity = "";
  let session = "";
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    ({ activity, session } = await publish(page, { title, day }));
    await page.goto(`${session}/reserves`);
    await checkPage(page, "reserve-none");
    await fill(page, { places: "13" });
    await send(page, "预留");
    assert.match(await text(page), /只有 12 个名额可以预留/);
    forgetProblems(page);
    await fill(page, { places: "12" });
    await send(page, "预留");
    assert.match(await flash(page), /已预留 12 个名额/);
    assert.match(await text(page), /留 12 个，已用 0 个/);
    await checkPage(page, "reserve-kept");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(activity);
    assert.match(await text(page), /其中 12 个为别人预留/);
    await send(page, /加入候补/);
    assert.match(await text(page), /候补中/);
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    agreeToAll(page);
    await page.goto(`${session}/reserves`);
    await send(page, /放开/);
    assert.match(await flash(page), /已放开/);
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(activity);
    await send(page, /确认名额/);
    assert.match(await text(page), /取消报名/);
  });
});

test("a full session is waited for, and the list can be left", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    let found = false;
    for (let href = "/sessions?full=1"; href && !found; ) {
      await page.goto(href);
      const button = page.locator("form[action$='/waiting'] button").first();
      if (await button.count()) {
        found = true;
        await button.click();
        await page.waitForLoadState();
        assert.match(await page.locator(".flash").innerText(), /候补/);
      } else {
        const next = page.locator("a[rel=next]");
        href = (await next.count()) ? await next.getAttribute("href") : null;
      }
    }
    assert.ok(found, "the demo city has a full session that can be waited for");
    await page.goto("/schedule");
    await checkPage(page, "take-waiting");
    await page.locator("h3 a").first().click();
    await page.waitForLoadState();
    await checkPage(page, "take-waiting-activity");
    await page.locator("form[action$='/leave'] button").first().click();
    await page.waitForURL(/\/schedule$/);
    assert.equal(await page.locator("form[action$='/leave']").count(), 0);
    forgetProblems(page);
  });
});
