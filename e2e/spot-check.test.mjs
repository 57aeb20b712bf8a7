// Hours looked at once more: the office finds what was drawn among its tasks, calls, says what it found, takes a wrong record
// back with the answer; a visitor reads what came of it, and the volunteer reads it in the history of the record.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { fill, press, send, text } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

for (const size of SIZES) {
  test(`drawn hours are checked and published at ${size.width} px`, async () => {
    let record = "";
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto("/");
      await press(page, page.locator(".task").filter({ hasText: "条已确认的时长" }).getByRole("link").first());
      await checkPage(page, "spot-checks");
      const count = async () => Number((await page.getByRole("link", { name: /^待核查/ }).innerText()).replace(/\D/g, ""));
      const waiting = await count();
      assert.ok(waiting >= 3, `${waiting}`);
      await press(page, page.locator("tbody th a").first());
      assert.match(await text(page), /请在 .+ 前核实/);
      await checkPage(page, "spot-check-one");
      // Who says that something differs says what.
      await page.locator("#f-state").selectOption("absent");
      await page.locator("#f-how").selectOption("phone");
      await send(page, "保存结果");
      assert.match(await text(page), /请写明哪里不符/);
      forgetProblems(page);
      record = await page.getByRole("link", { name: "这条记录" }).getAttribute("href");
      await fill(page, { note: "当天在外地" });
      await send(page, "保存结果");
      assert.equal(await count(), waiting - 1);
      await page.goto(record);
      assert.match(await text(page), /抽查：没有到场。当天在外地/);
      assert.match(await text(page), /抽查核实（电话回访）：没有到场/);
      // Found wrong and not taken back: it stands there until it is.
      await page.goto("/spot-checks");
      await press(page, page.locator("tbody th a").first());
      await page.locator("#f-state").selectOption("minutes");
      await page.locator("#f-how").selectOption("papers");
      await fill(page, { note: "签到表写十点离开" });
      await page.getByLabel("不符的立即作废").uncheck();
      await send(page, "保存结果");
      await press(page, page.getByRole("link", { name: /^不符待处理 1/ }));
      await checkPage(page, "spot-checks-open");
      await press(page, page.locator("tbody th a").first());
      assert.match(await text(page), /还在计入/);
      await page.getByText("改正核查结果", { exact: true }).click();
      await page.locator("#f-state").selectOption("right");
      await page.locator("#f-how").selectOption("site");
      await send(page, "保存结果");
      assert.match(await page.getByRole("link", { name: /^不符待处理/ }).innerText(), /0$/);
      await page.goto("/spot-checks?tab=done");
      assert.match(await text(page), /没有到场/);
      await page.goto("/spot-checks?tab=teams");
      await checkPage(page, "spot-checks-teams");
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await page.goto("/rankings");
      await press(page, page.getByRole("link", { name: "时长抽查结果" }));
      assert.match(await text(page), /抽签号|怎么抽的/);
      await checkPage(page, "spot-check-results");
      await press(page, page.locator("tbody th a").nth(1));
      assert.match(page.url(), /month=/);
    });
  });
}

test("the office says how many are drawn", async () => {
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "office");
    await page.goto("/spot-checks");
    await press(page, page.getByRole("link", { name: "抽查设置" }));
    await checkPage(page, "spot-check-rules");
    await fill(page, { least: "9", most: "3" });
    await send(page, "保存");
    assert.match(await text(page), /不能大于/);
    forgetProblems(page);
    await fill(page, { least: "2", most: "6" });
    await send(page, "保存");
    assert.match(await text(page), /从下一次抽取起生效/);
  });
});
