// What is read before it is public: a title with a doubtful word is handed in by the leader, comes to the station as a task,
// is returned with a reason, comes again and is approved; then anybody can sign up.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, SIZES, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { draft, fill, press, send, text, tomorrow } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

async function handIn(page) {
  await page.getByLabel("我已逐条核对").check();
  await page.getByLabel("我确认这是志愿服务").check();
  await send(page, "提交审核");
  assert.match(await text(page), /站点或文明办在 .+ 前答复/);
}

/** The way from the list of tasks to what waits, as its reviewer goes. */
async function openReview(page, title) {
  await signIn(page, "station");
  await page.goto("/");
  await press(page, page.locator(".task").filter({ hasText: "等待审核" }).getByRole("link").first());
  await checkPage(page, "review-list");
  await press(page, page.getByRole("link", { name: title, exact: true }));
  assert.match(await text(page), /提示词|标题或内容里有“年会”/);
  await checkPage(page, "review-one");
}

for (const [turn, size] of SIZES.entries()) {
  test(`a doubtful activity is read before it is public at ${size.width} px`, async () => {
    const title = `敬老年会引导${turn}`;
    const { day } = tomorrow(9, 1);
    let activity = "";
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "leader");
      await draft(page, { title, day });
      assert.match(await text(page), /发布前由站点或文明办审核/);
      await handIn(page);
      await checkPage(page, "review-waits");
      activity = new URL(page.url()).pathname.replace(/\/publish$/, "");
      // Taken back, and handed in again.
      await send(page, "撤回提交");
      await handIn(page);
      await page.goto("/manage?tab=draft");
      assert.match(await page.locator("tr", { hasText: title }).innerText(), /待审核/);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await openReview(page, title);
      await fill(page, { note: "请写明志愿者做什么" });
      await page.locator("#f-reason").selectOption("facts");
      await send(page, "退回");
      assert.doesNotMatch(await text(page), new RegExp(title));
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "leader");
      await page.goto("/inbox");
      await press(page, page.getByRole("button", { name: `查看：活动被退回：${title}` }));
      assert.equal(new URL(page.url()).pathname, `${activity}/publish`);
      assert.match(await text(page), /已退回：招募信息不完整或不准确：请写明志愿者做什么。/);
      await checkPage(page, "review-returned");
      await handIn(page);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await openReview(page, title);
      await send(page, "通过并发布");
      assert.match(await text(page), /已通过，活动已发布/);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await page.goto(activity);
      assert.match(await text(page), new RegExp(title));
    });
  });
}

test("the office says what is read first", async () => {
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "office");
    await page.goto("/rules/sign-up");
    await press(page, page.getByRole("link", { name: "发布前审核" }));
    await checkPage(page, "review-rules");
    await page.locator("#f-mode").selectOption("always");
    await fill(page, { days: "0" });
    await send(page, "保存");
    assert.match(await text(page), /请填 1 到 10 的整数/);
    await fill(page, { days: "3" });
    await send(page, "保存");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    await draft(page, { title: "清洁家园", day: tomorrow(9, 1).day });
    assert.match(await text(page), /发布前由站点或文明办审核/);
    await page.getByLabel("我已逐条核对").check();
    await send(page, "提交审核");
    assert.match(await text(page), /已提交审核/);
  });
});
