// Partners and alliances: the office records a partner and takes it into an alliance, a leader names it in an activity, a
// visitor reads both and no contact.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { fill, press, send, text } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

for (const [turn, size] of SIZES.entries()) {
  test(`a partner joins an alliance and an activity at ${size.width} px`, async () => {
    const partner = `海棠职业学院${turn}`;
    let alliance = "";
    let activity = "";
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto("/alliances");
      await checkPage(page, "alliances");
      await press(page, page.getByRole("link", { name: "合作单位", exact: true }));
      await press(page, page.getByRole("link", { name: "登记合作单位" }));
      await checkPage(page, "partner-new");
      await page.locator("#f-kind").selectOption("university");
      await fill(page, { name: partner, contact: "周老师", phone: "057412345678", until_on: "2020-01-01" });
      await send(page, "保存");
      assert.match(await text(page), /截止日期早于开始日期/);
      forgetProblems(page);
      await fill(page, { until_on: "" });
      await send(page, "保存");
      assert.match(await text(page), /周老师/);
      await checkPage(page, "partner");
      await page.goto("/alliances");
      await press(page, page.getByRole("link", { name: "澄湖公益联盟" }));
      alliance = new URL(page.url()).pathname;
      await page.locator("#q").fill(partner);
      await send(page, "查找");
      await checkPage(page, "alliance-join");
      await page.locator("[name=duty]").fill("共建单位");
      await press(page, page.getByRole("button", { name: `加入 ${partner}` }));
      assert.match(await text(page), /共建单位/);
      await checkPage(page, "alliance");
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "leader");
      await page.goto("/manage?tab=next");
      await press(page, page.locator("main tbody a[href^='/activities/']").first());
      activity = new URL(page.url()).pathname;
      await press(page, page.getByRole("link", { name: "合作单位", exact: true }));
      await page.locator("#f-partner").selectOption({ label: partner });
      await page.locator("#f-part").selectOption("helps");
      await send(page, "保存");
      await checkPage(page, "activity-partners");
      assert.match(await text(page), /协办/);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await page.goto(activity);
      await press(page, page.getByRole("link", { name: partner }));
      assert.doesNotMatch(await text(page), /周老师|057412345678/);
      assert.match(await text(page), /协办/);
      await page.goto(alliance);
      assert.match(await text(page), new RegExp(partner));
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto(alliance);
      page.once("dialog", (dialog) => dialog.accept());
      await press(page, page.getByRole("button", { name: `退出 ${partner}` }));
      assert.match(await text(page), /曾经的成员/);
    });
  });
}
