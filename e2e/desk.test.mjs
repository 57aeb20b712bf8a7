// A list as its user wants it: a saved view, chosen columns, several lines at once; and a long form whose text is
// brought back after the tab was closed or the session ran out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("a view is saved, opened and removed without scripts, columns are kept and exported", async () => {
  await withPage({ ...PHONE, base: server.base, javaScriptEnabled: false }, async (page) => {
    await signIn(page, "station");
    await page.goto("/people?state=active");
    await page.locator("summary", { hasText: "保存视图" }).click();
    await page.fill("#f-view-name", "正式的");
    await page.locator("input[name='first']").check();
    await page.getByRole("button", { name: "保存", exact: true }).click();
    await page.waitForURL(/\/people\?state=active$/);
    assert.match(await page.locator(".list-views [aria-current]").innerText(), /^正式的\s+（先打开）$/);
    await page.goto("/people");
    assert.match(page.url(), /\?state=active$/, "the list opens with it");
    await page.goto("/people?all=1");
    await page.locator("summary", { hasText: "选择列" }).click();
    await page.locator("input[name='cols'][value='phone']").uncheck();
    await page.locator("input[name='cols'][value='employer']").check();
    await page.getByRole("button", { name: "显示选中的列" }).click();
    await page.waitForURL(/cols=name,number,community,joined,state,employer/);
    const heads = await page.locator("thead th").allInnerTexts();
    assert.ok(heads.includes("单位") && !heads.some((head) => head.startsWith("手机")), heads.join());
    await page.goto("/views");
    await page.getByRole("button", { name: /^删除 正式的/ }).click();
    await page.waitForURL(/\/views$/);
    assert.equal(await page.getByRole("link", { name: "正式的" }).count(), 0);
  });
});

test("lists and their tools are readable at both sizes", async () => {
  for (const size of [PHONE, DESK]) {
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "station");
      await page.goto("/people?state=active&cols=name,employer,identity");
      await page.locator("summary", { hasText: "选择列" }).click();
      await checkPage(page, "desk-people");
      await page.goto("/views");
      await checkPage(page, "desk-views");
    });
  }
});

test("several people are written to and taken into a team, after a look at who is refused", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "station");
    await page.goto("/people?state=active");
    await page.locator("input[data-select-all]").check();
    const chosen = Number(await page.locator("[data-select-count]").innerText());
    assert.ok(chosen > 1, `${chosen} chosen`);
    await page.getByRole("button", { name: "写消息" }).click();
    await page.waitForURL(/\/people\/write\?ids=/);
    await checkPage(page, "desk-write");
    await page.fill("#f-text", "周六上午九点，社区门口见。");
    await page.getByRole("button", { name: `发送给 ${chosen} 人` }).click();
    await page.waitForURL(/\/people/);
    assert.match(await page.locator(".flash").innerText(), new RegExp(`已发给 ${chosen} 人`));
    await page.goto("/people?state=active");
    await page.locator("input[data-select]").nth(0).check();
    await page.locator("input[data-select]").nth(1).check();
    await page.getByRole("button", { name: "加入队伍" }).click();
    await page.waitForURL(/\/people\/join\?ids=/);
    await page.locator("#f-team").selectOption({ index: 1 });
    await page.getByRole("button", { name: "看看会怎样" }).click();
    await page.waitForURL(/team=/);
    await checkPage(page, "desk-join");
    assert.match(await page.locator("main").innerText(), /会加入的|不能办理的/);
  });
});

test("what was typed comes back, numbers do not stay, and success and sign-out clear it", async () => {
  await withPage({ ...PHONE, base: server.base }, async (page, context) => {
    await signIn(page, "office");
    await page.goto("/teams");
    const form = (await page.locator("tbody a[href^='/teams/']").first().getAttribute("href")).replace("/teams/", "/orgs/") + "/edit";
    const drafts = () => page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.startsWith("linli-draft:")));
    await page.goto(form);
    await page.fill("#f-about", "我们每周六扫雪，联系电话 138 0000 1234。");
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith("linli-draft:")));
    const kept = JSON.stringify(await drafts());
    assert.ok(kept.includes("每周六扫雪") && !/138 ?0000/.test(kept), kept);
    // The session runs out while somebody types: nothing is lost.
    await context.clearCookies({ name: "linli_session" });
    forgetProblems(page);
    await page.reload();
    await page.waitForURL(/\/sign-in/);
    assert.ok(await page.locator("[data-draft-kept]").isVisible(), "the sign-in says that it is kept");
    forgetProblems(page);
    await signIn(page, "office");
    await page.goto(form);
    await checkPage(page, "desk-draft");
    await page.getByRole("button", { name: "恢复" }).click();
    assert.match(await page.inputValue("#f-about"), /我们每周六扫雪，联系电话 …。/);
    await page.locator("form[data-draft] button.btn-primary").click();
    await page.waitForURL((url) => !url.pathname.endsWith("/edit"));
    await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith("linli-draft:")));
    // Another one, and a sign-out: a shared computer keeps nothing.
    await page.goto(form);
    await page.fill("#f-about", "另一段");
    await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith("linli-draft:")));
    await page.goto("/me");
    await page.getByRole("button", { name: "退出登录" }).first().click();
    await page.waitForURL((url) => url.pathname !== "/me");
    assert.deepEqual(await drafts(), []);
  });
});
