// Groups of a session: the leader divides, moves and undoes; a volunteer who leads a group calls its roll, and without
// JavaScript too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const flash = async (page) => (await page.locator(".flash").innerText()).trim();
const text = (page) => page.locator("main").innerText();

test("the leader divides, moves, undoes and names a leader", async () => {
  for (const size of [DESK, PHONE]) {
    await withPage({ ...size, base: server.base }, async (page) => {
      await signIn(page, "leader");
      await page.goto("/manage?tab=next");
      const lists = await page.locator("a[href$='/sign-ups']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      let board;
      for (const list of lists) {
        await page.goto(list.replace("/sign-ups", "/groups"));
        if ((await text(page)).includes("社区服务站门口")) {
          board = new URL(page.url()).pathname;
          break;
        }
      }
      assert.ok(board, "the demo team has a session with groups");
      await checkPage(page, "groups-board");
      page.on("dialog", (dialog) => dialog.accept());
      await page.locator("#f-groups").fill("3");
      await page.locator("button[value=divide]").click();
      assert.match(await flash(page), /已分组 \d+ 人/);
      assert.equal(await page.locator("section h2[id^='g-']").count(), 3);
      const third = page.locator("section:has(> .card-header h2[id^='g-'])").nth(2);
      await third.locator("input[name=sign_up]").first().check();
      await page.locator("#f-to").selectOption("none");
      await page.locator(".stick-actions button").click();
      assert.match(await flash(page), /已移动 1 人/);
      assert.match(await text(page), /未分组（1 人）/);
      await page.locator("button[value=undo]").click();
      assert.match(await flash(page), /已撤销/);
      assert.doesNotMatch(await text(page), /未分组（/);
      await third.locator("a[href^='/session-groups/']").click();
      await page.waitForURL(/session-groups/);
      await page.locator("#f-name").fill("机动组");
      await page.locator("#f-leader").selectOption({ index: 1 });
      await checkPage(page, "groups-one");
      await page.locator("button[value=save]").click();
      await page.waitForURL(/\/groups$/);
      assert.match(await text(page), /机动组[\s\S]*组长：/);
      await page.locator("section:has(> .card-header h2[id^='g-'])").nth(2).locator("a[href*='/roll?group=']").click();
      assert.match(await text(page), /机动组/);
      await checkPage(page, "groups-roll");
      await page.goto(board);
      await page.locator("#f-groups").fill("2");
      await page.locator("button[value=divide]").click();
      assert.equal(await page.locator("section h2[id^='g-']").count(), 2);
    });
  }
});

test("a volunteer who leads a group calls its roll", async () => {
  let own;
  let opens;
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/schedule");
    const link = page.locator("article:has-text('您是组长') a[href$='/group']").first();
    own = await link.getAttribute("href");
    await page.goto(own);
    await checkPage(page, "groups-own");
    const [, from] = (await text(page)).match(/您可以在 (\S+ \S+) 至/);
    opens = Date.parse(`${from.replace(" ", "T")}:00+08:00`);
    assert.equal(await page.locator("main button[name=act]").count(), 0, "nothing to press before the roll opens");
  });
  await server.restart(Math.ceil((opens - Date.now()) / 60_000) + 40);
  await withPage({ ...PHONE, base: server.base, javaScriptEnabled: false }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(own);
    await page.locator("button[value^='present:']:not([value='present:all'])").first().click();
    assert.match(await flash(page), /已标记到场 1 人/);
    await page.locator("button[value^='undo:']").first().click();
    assert.match(await flash(page), /已撤销/);
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/check-in");
    await page.locator(`a[href='${own}']`, { hasText: "给本组点名" }).click();
    await page.waitForURL(/\/group$/);
    await checkPage(page, "groups-call");
    page.on("dialog", (dialog) => dialog.accept());
    const rows = await page.locator("tbody tr").count();
    await page.locator("button[value='present:all']").click();
    assert.match(await flash(page), new RegExp(`已标记到场 ${rows - 1} 人`));
    assert.match(await text(page), /本人请扫码签到/);
    await checkPage(page, "groups-called");
  });
});
