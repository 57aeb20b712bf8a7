// Past hours: a file comes in, is looked at, counts, is seen and disowned by the person, and is undone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

/** Waits until the work behind the page is done: the page goes on by itself, and then says this. */
async function settled(page, words) {
  await page.locator("main").getByText(words).waitFor({ timeout: 20_000 });
  await page.waitForLoadState();
}

/** Number and name of the demo volunteer. */
async function volunteer() {
  let found;
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/me");
    found = (await page.locator("main").innerText()).match(/V\d{10}/)?.[0];
  });
  assert.ok(found, "the volunteer's number is on the page");
  return found;
}

for (const size of [PHONE, DESK]) {
  test(`a file of past hours at ${size.width} px`, async () => {
    const number = await volunteer();
    const csv = [
      "志愿服务时长登记表",
      "志愿者编号,活动名称,所属组织,服务日期,服务时长（小时）",
      `${number},植树 ${size.width},从前的队,2024-03-1${size === PHONE ? 2 : 3},2小时30分`,
      `${number},敬老 ${size.width},从前的队,2024-04-0${size === PHONE ? 5 : 6},3`,
      `${number},将来,从前的队,2099-04-05,3`,
    ].join("\r\n");
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto("/past-hours");
      await checkPage(page, "past-list");
      await page.setInputFiles("#f-file", { name: `hours-${size.width}.csv`, mimeType: "text/csv", buffer: Buffer.from(csv) });
      await page.getByRole("button", { name: "上传并核对" }).click();
      await page.waitForURL(/\/past-hours\/\d+/);
      await checkPage(page, "past-columns");
      // What the volunteers will read is asked for.
      await page.fill("#f-source", `e2e 手工台账 ${size.width}`);
      await page.getByRole("button", { name: "检查每一行" }).click();
      await settled(page, "还没有计入任何时长");
      await checkPage(page, "past-preview");
      const text = await page.locator("main").innerText();
      assert.match(text, /5\.5 小时/);
      assert.match(text, /还没有到/);
      await page.getByRole("button", { name: "计入没有问题的行" }).click();
      await settled(page, "已经计入，不需要再处理");
      await checkPage(page, "past-published");
      assert.match(await page.locator("main").innerText(), /已计入/);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "volunteer");
      await page.goto("/me/hours");
      assert.match(await page.locator("main").innerText(), /其中从以前的系统转入/);
      // Late lines are on later pages.
      for (let n = 0; n < 40 && !(await page.getByText(`植树 ${size.width}`).count()); n += 1) {
        await page.locator("a[rel='next']").click();
        await page.waitForLoadState();
      }
      await checkPage(page, "past-mine");
      await page.getByText(`植树 ${size.width}`).click();
      await page.waitForURL(/\/records\/\d+/);
      await checkPage(page, "past-record");
      assert.match(await page.locator("main").innerText(), /e2e 手工台账/);
      await page.locator("summary", { hasText: "这不是我的" }).click();
      page.once("dialog", (dialog) => dialog.accept());
      await page.getByRole("button", { name: "不是我的" }).click();
      // Either a dialog of the browser or one of the page asks.
      const sure = page.locator("dialog[open] button.btn-primary, dialog[open] button.btn-danger").first();
      if (await sure.count()) await sure.click();
      await page.waitForURL(/\/me\/hours/);
    });
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "office");
      await page.goto("/past-hours");
      await page.getByRole("link", { name: `hours-${size.width}.csv` }).click();
      await page.waitForLoadState();
      assert.match(await page.locator("main").innerText(), /本人声明/);
      await page.locator("summary", { hasText: "整批撤销" }).click();
      await page.fill("#f-reason", "传错了文件");
      page.once("dialog", (dialog) => dialog.accept());
      await page.locator("main").getByRole("button", { name: "撤销", exact: true }).click();
      const sure = page.locator("dialog[open] button.btn-primary, dialog[open] button.btn-danger").first();
      if (await sure.count()) await sure.click();
      await settled(page, "已经撤销，每一分钟都扣回了");
      await checkPage(page, "past-undone");
      assert.match(await page.locator("main").innerText(), /已撤销/);
    });
  });
}
