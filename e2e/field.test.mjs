// Work in the field, on a phone: a paper sheet printed and entered with the keyboard, a trip from the meeting point to
// “all back safely”, and a family that signs up together.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, forgetProblems, scan, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const phone = (fn) => withPage({ ...PHONE, base: server.base }, fn);
const flash = async (page) => (await page.locator(".flash").innerText()).trim();
const text = (page) => page.locator("main").innerText();

test("a sheet of yesterday is entered line by line, once", async () => {
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "leader");
    await page.goto("/sheets");
    await checkPage(page, "field-sheets");
    const sheet = await page.locator("article a[href^='/sheets/']").first().getAttribute("href");
    await page.goto(`${sheet}/print`);
    await checkPage(page, "field-paper");
    const read = await scan(page, page.locator(".sheet .qr svg").first());
    assert.equal(new URL(read).pathname, sheet, "the picture leads to the screen for entering");

    await page.goto(sheet);
    assert.ok((await page.locator("#f-in_1").count()) === 1);
    const blank = page.locator("input[name^=who_]").first();
    const line = (await blank.getAttribute("name")).slice(4);
    // The keyboard alone: Enter goes on.
    await page.locator("#f-in_1").focus();
    await page.keyboard.type("xx");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "f-out_1");
    await blank.focus();
    // Somebody who came along and is not registered yet: name and phone.
    await page.keyboard.insertText("王小测 13812345678");
    for (const typed of ["900", "11:10"]) {
      await page.keyboard.press("Enter");
      await page.keyboard.type(typed);
    }
    await page.locator(".stick-actions button[value=draft]").click();
    assert.match(await flash(page), /已暂存/);
    page.on("dialog", (dialog) => dialog.accept());
    await page.locator("button[value=enter]").click();
    await page.locator(".error-summary").waitFor();
    assert.match(await page.locator(".error-summary").innerText(), /第 1 行的时间“xx”看不懂/);
    forgetProblems(page);
    await checkPage(page, "field-entry-wrong");
    await page.locator("#f-in_1").fill("");
    await page.locator("button[value=enter]").click();
    assert.match(await flash(page), /登记到场 1 人/);
    await checkPage(page, "field-entered");
    assert.equal(await page.locator("button[value=enter]").count(), 0, "a sheet is entered once");
    assert.match(await text(page), new RegExp(`${line}[\\s\\S]*09:00–11:10 · 已登记到场`));
  });
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto("/manage?tab=next");
    const list = await page.locator("a[href$='/sign-ups']").first().getAttribute("href");
    await page.goto(list.replace("/sign-ups", "/sheets"));
    await checkPage(page, "field-session");
    await page.locator("main form button", { hasText: "编号并打印" }).click();
    await page.waitForURL(/\/print$/);
    await page.goto(page.url().replace("/print", ""));
    await checkPage(page, "field-entry");
  });
});

test("a trip: the meeting, heads counted, all back", async () => {
  let trip;
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto("/manage?tab=next");
    const lists = await page.locator("a[href$='/sign-ups']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    for (const list of lists) {
      await page.goto(list.replace("/sign-ups", "/trip"));
      if ((await text(page)).includes("社区服务站门口")) {
        trip = new URL(page.url()).pathname;
        break;
      }
    }
    assert.ok(trip, "the demo team goes somewhere together");
    await checkPage(page, "field-trip");
    await page.locator("summary", { hasText: "修改集合信息" }).click();
    await page.locator("#f-place").fill("市图书馆正门");
    await page.locator("button[value=save]").click();
    assert.match(await flash(page), /已保存/);
    await page.locator("form[action$='/roles'] button", { hasText: "分工" }).click();
    assert.match(await flash(page), /本人会收到消息/);
  });
  await server.restart(36 * 60);
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto(`${trip}/count?stage=assembly`);
    await checkPage(page, "field-count");
    const boxes = page.locator("input[name=seen]");
    const people = await boxes.count();
    assert.ok(people >= 3);
    for (let at = 1; at < people; at += 1) await boxes.nth(at).check();
    await page.locator("#f-heads").fill(String(people - 1));
    await page.locator(".stick-actions button").click();
    await page.waitForURL(/\/trip$/);
    assert.match(await flash(page), /还没到/);
    await checkPage(page, "field-counted");
    page.on("dialog", (dialog) => dialog.accept());
    await page.locator("button", { hasText: "全部安全返回" }).click();
    assert.match(await flash(page), new RegExp(`${people - 1} 人全部安全返回`));
    await checkPage(page, "field-back");
  });
});

test("organised together, and online", async () => {
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto("/co-organisers");
    await checkPage(page, "field-co-list");
    if (await page.locator("button[value=agree]").count()) {
      await page.locator("button[value=agree]").first().click();
      assert.match(await flash(page), /已同意/);
    }
    await page.goto("/search?q=独居老人陪诊");
    await page.locator("main a[href^='/activities/']", { hasText: "独居老人陪诊" }).first().click();
    await page.waitForURL(/\/activities\/\d+$/);
    const activity = new URL(page.url()).pathname;
    await page.goto(`${activity}/co-organisers`);
    await page.locator("#q").fill("志愿");
    await page.locator("main form[method=get] button").click();
    await checkPage(page, "field-co");
    await page.goto(`${activity}/remote`);
    await page.getByLabel("线上", { exact: true }).check();
    await page.locator("#f-pieces").fill("10");
    await checkPage(page, "field-remote-edit");
    await page.locator("main form button", { hasText: "保存" }).click();
    assert.match(await text(page), /每交付一件计 10 分钟/);
    await page.locator("a[href$='/deliveries']").first().click();
    await page.waitForURL(/deliveries$/);
    await checkPage(page, "field-deliveries");
  });
});

test("a family signs up together", async () => {
  await phone(async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/activities?category=clean&free=1");
    const links = await page.locator("main a[href^='/activities/']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    const forms = page.locator("form[action$='/family']");
    let signed = false;
    let looked = false;
    for (const link of [...new Set(links)].filter((one) => /^\/activities\/\d+$/.test(one))) {
      await page.goto(link);
      const many = await forms.count();
      if (many > 0 && !looked) {
        await checkPage(page, "field-family");
        looked = true;
      }
      for (let at = 0; at < many && !signed; at += 1) {
        await page.goto(link);
        await forms.nth(at).locator("input[name=child]").first().check();
        await forms.nth(at).locator("button").click();
        await page.locator(".flash, .error-summary").first().waitFor();
        if (await page.locator(".error-summary").count()) {
          forgetProblems(page);
          // A day that is full enough is a warning, which one may confirm: the children stay chosen. Another session
          // at the same time is none: the next one is tried.
          const anyway = page.locator("button", { hasText: "仍要报名" });
          if ((await anyway.count()) === 0) continue;
          await anyway.first().click();
        }
        signed = true;
      }
      if (signed) break;
    }
    assert.ok(signed, "a session that takes children");
    assert.match(await flash(page), /全家已报名/);
    assert.match(await text(page), /同去的孩子：\s*林小禾|同去的孩子：\s*周子安/);
    await checkPage(page, "field-family-done");
  });
});
