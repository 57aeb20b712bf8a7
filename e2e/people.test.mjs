// Double registrations are compared, merged and parted; who stays is looked at, and who fell silent is written to.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("a double registration is merged and parted again", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto("/people/duplicates");
    await checkPage(page, "doubles-list");
    const pairs = await page.getByRole("link", { name: /^比对/ }).count();
    assert.ok(pairs >= 3, `the demo city has doubles: ${pairs}`);
    await page.getByRole("link", { name: /^比对/ }).first().click();
    await checkPage(page, "doubles-compare");
    await page.fill("#f-note", "本人到站点，看过证件");
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "是同一人，合并" }).click();
    await page.waitForURL(/\/merges\/\d+/);
    await checkPage(page, "doubles-merged");
    const merge = page.url();
    await page.goto("/people/duplicates");
    assert.equal(await page.getByRole("link", { name: /^比对/ }).count(), pairs - 1);
    await page.goto("/merges");
    await checkPage(page, "doubles-merges");
    await page.goto(merge);
    await page.fill("#f-note", "是两个人");
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "撤销合并" }).click();
    await page.waitForLoadState();
    assert.match(await page.locator("main").innerText(), /已撤销/);
    await page.goto("/people/duplicates");
    assert.equal(await page.getByRole("link", { name: /^比对/ }).count(), pairs);
    // Two people: nobody asks again.
    await page.getByRole("link", { name: /^比对/ }).first().click();
    await page.getByRole("button", { name: "不是同一人，不再提示" }).click();
    await page.waitForURL(/\/people\/duplicates/);
    assert.equal(await page.getByRole("link", { name: /^比对/ }).count(), pairs - 1);
  });
});

test("who stays, and a word to whoever fell silent", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "office");
    await page.goto("/retention");
    await checkPage(page, "retention-area");
    assert.ok((await page.locator("table").first().locator("tbody tr").count()) >= 6, "months of first service");
    await page.locator("a[href$='/slipping']").first().click();
    await checkPage(page, "retention-slipping");
    await page.locator("input[name='ids']").first().check();
    await page.getByRole("button", { name: "发送", exact: true }).click();
    await page.waitForLoadState();
    assert.match(await page.locator("body").innerText(), /已发给 1 人/);
    await page.goto(page.url().replace("/slipping", ""));
    await checkPage(page, "retention-unit");
    await page.locator("table a[href*='months=1']").last().click();
    await checkPage(page, "retention-people");
  });
});
