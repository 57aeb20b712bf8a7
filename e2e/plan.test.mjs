// The annual plan of a team: written and handed in by its leader, approved by the station, then a month that did not go
// as planned: a line is moved, another dropped; and the sheet that is printed as an annex.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { fill, press, send, text } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

for (const [turn, size] of SIZES.entries()) {
  test(`a plan is approved and accounted for at ${size.width} px`, async () => {
    const view = (fn) => withPage({ ...size, base: server.base }, fn);
    // Another year for each size: the team has one plan a year.
    const year = new Date().getFullYear() + 1 + turn;
    const plan = await view(async (page) => {
      await signIn(page, "leader");
      await page.goto(`/plans?year=${year}`);
      await checkPage(page, "plans");
      await page.locator("#f-team").selectOption({ index: 1 });
      await send(page, "开始写");
      assert.match(await text(page), /计划还是空的/);
      for (const [month, title] of [[3, "春季清洁"], [5, "助残日陪伴"]]) {
        await fill(page, { month, title, category: 1, sessions: "2", attendances: "20", hours: "40", squad: "环境分队", responsible: "队长", measure: "与网格员分片，工具由站点提供" });
        await send(page, "加入计划");
      }
      await checkPage(page, "plan-draft");
      await send(page, "提交审批");
      assert.match(await text(page), /待审批 · .+等站点或上级审批/);
      return new URL(page.url()).pathname;
    });
    await view(async (page) => {
      await signIn(page, "station");
      await page.goto("/");
      await press(page, page.locator(".task").filter({ hasText: `审批 ${year} 年计划` }).getByRole("link").first());
      await checkPage(page, "plan-waits");
      await send(page, "退回修改");
      assert.match(await page.locator("[data-error-summary]").innerText(), /意见/);
      forgetProblems(page);
      await fill(page, { note: "助残日请写明陪伴对象" });
      await send(page, "退回修改");
      assert.match(await text(page), /已退回 · /);
    });
    await view(async (page) => {
      await signIn(page, "leader");
      await page.goto(plan);
      assert.match(await text(page), /助残日请写明陪伴对象/);
      await send(page, "提交审批");
    });
    await view(async (page) => {
      await signIn(page, "station");
      await page.goto(plan);
      await send(page, "通过");
      assert.match(await text(page), /已通过 · /);
    });
    await view(async (page) => {
      await signIn(page, "leader");
      await page.goto(plan);
      await checkPage(page, "plan-approved");
      await press(page, page.getByRole("link", { name: "春季清洁", exact: true }));
      await checkPage(page, "plan-line");
      await send(page, "推迟到这个月");
      assert.match(await page.locator("[data-error-summary]").innerText(), /原因/);
      forgetProblems(page);
      await page.locator("#f-to").selectOption("4");
      await fill(page, { reason: "连日阴雨" });
      await send(page, "推迟到这个月");
      await press(page, page.getByRole("link", { name: "助残日陪伴", exact: true }));
      await fill(page, { reason: "与区里的活动合并" });
      await send(page, "取消这一项");
      const words = await text(page);
      assert.match(words, /从 3 月推迟到 4 月：连日阴雨/);
      assert.match(words, /取消：与区里的活动合并/);
      assert.match(words, /已通过 · /, "it stays approved");
      await page.goto(`${plan}/print`);
      await checkPage(page, "plan-print");
      assert.match(await text(page), /环境分队/);
    });
  });
}
