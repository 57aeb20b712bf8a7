// The week of a station's staff, at phone and desk size: what waits on Monday, a person registered at the counter, another
// who claims by slip and a third who claims in person, member cards on paper, records given back and confirmed, a paper
// sheet, a tablet at the door, who wants to join or to move, the figures of the own community, and a list that leaves
// the house only after a fresh proof.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, fill, flash, goBy, idNumber, importRoster, press, send, text } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const links = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.getAttribute("href")));

for (const [turn, size] of SIZES.entries()) {
  const view = (fn) => withPage({ ...size, base: server.base }, fn);

  test(`a station's week at the counter at ${size.width} px`, async () => {
    const [code, team] = await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "station");
      await page.goto("/");
      assert.ok(await page.locator("main .task").count(), "the demo city has work for its station");
      await checkPage(page, "station-monday");
      if (size === PHONE) {
        await page.locator(".top-menu").click();
        await checkPage(page, "station-menu");
        await page.locator(".side-close a").click();
        assert.equal(await page.locator(".side").isVisible(), false, "the menu closes");
      }

      // The list stands on the first screen of a phone: the filters are behind a word there.
      await goBy(page, "志愿者");
      assert.equal(await page.locator("#f-skill").isVisible(), size !== PHONE, "filters");
      await checkPage(page, "station-people");

      // Somebody comes to the counter with a document and no way to do it alone.
      await press(page, page.locator("main").getByRole("link", { name: "登记志愿者" }).first());
      await fill(page, { name: "孙玉珍", id_number: idNumber(611 + turn, "19580612"), phone: `1600000${5501 + turn}`, home_org: 1 });
      await page.getByLabel("本人在场，已看过登记告知并同意").check();
      await checkPage(page, "station-register");
      await send(page, "登记");
      await page.waitForURL(/\/people\/\d+$/);
      assert.match(await text(page), /孙玉珍/);
      await checkPage(page, "station-registered");

      // People of a roster: one claims with the document in hand, one takes a slip home.
      const roster = ["沈月娥", "何国强"].map((name, at) => [name, idNumber(631 + turn * 10 + at, "19660909"), `1390000${3301 + turn * 10 + at}`]);
      await importRoster(page, { file: `club-${size.width}.csv`, rows: roster });
      await page.goto("/people?all=1");
      await press(page, page.locator(".list-views").getByRole("link", { name: "待认领" }));
      await checkPage(page, "station-unclaimed");
      await press(page, page.getByRole("link", { name: roster[0][0] }).first());
      await page.getByLabel("已看证件原件").check();
      await checkPage(page, "station-claim");
      await send(page, "确认认领");
      assert.match(await text(page), /正式/);
      await page.goto("/people?state=unclaimed");
      await press(page, page.getByRole("link", { name: roster[1][0] }).first());
      await send(page, "打印激活纸条");
      const code = (await page.locator("main .h2").first().innerText()).trim();
      await checkPage(page, "station-slip");

      // Member cards for a box at the door.
      await page.goto("/people?state=active");
      const community = await page.locator("#f-community option").nth(1).getAttribute("value");
      await page.goto("/cards");
      await checkPage(page, "station-card-register");
      await page.goto("/cards/people");
      await checkPage(page, "station-card-people");
      for (const at of [0, 1]) await page.locator("input[data-select]").nth(at).check();
      await send(page, "打印勾选的会员卡");
      assert.equal(await page.locator(".qr svg").count(), 2);
      await checkPage(page, "station-cards");
      await page.goto("/cards/sign");
      await checkPage(page, "station-card-sign");
      await page.goto("/cards?state=printed");
      for (const at of [0, 1]) await page.locator("input[data-select]").nth(at).check();
      await send(page, /发放/);
      assert.match(await flash(page), /已登记发放 2 张/);
      await page.goto(`/teams?community=${community}`);
      const [team] = await links(page, "tbody a[href^='/teams/']");
      return [code, team];
    });

    // At home: the slip, and this is me.
    await view(async (page) => {
      await page.goto("/sign-in");
      await page.fill("#f-slip", code.toLowerCase());
      await press(page, page.locator("form[action='/slip'] button"));
      await checkPage(page, "station-slip-who");
      await page.locator("#f-me").check();
      await press(page, page.getByRole("button", { name: "是我，登录" }));
      await page.goto("/me");
      assert.ok(await page.locator(".qr svg").count(), "the registration is active and has a card");
      await page.goto(team);
      await send(page, "申请加入");
      assert.match(await text(page), /等待队长审核/);
    });

    // Who wants to join, and who wants to move.
    await view(async (page) => {
      await signIn(page, "station");
      await page.goto(`${team}/members?state=applied`);
      const waiting = page.locator("tbody tr", { hasText: "何国强" });
      const before = await waiting.count();
      await checkPage(page, "station-applied");
      await press(page, waiting.first().getByRole("button", { name: /^通过/ }));
      assert.equal(await waiting.count(), before - 1);
      await page.goto(`${team}/transfers`);
      await checkPage(page, "station-transfers");
    });
  });

  test(`a station's week of records and people at ${size.width} px`, async () => {
    await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "station");
      await goBy(page, "记录确认");
      await checkPage(page, "station-records");
      await press(page, page.locator("tbody a[href^='/records/sessions/']").first());
      await checkPage(page, "station-session");
      const lines = await page.locator("input[name=record]").count();
      if (lines > 1) {
        await page.locator("input[name=record]").first().check();
        await send(page, "退回所选");
        assert.ok((await page.locator(".error-summary").innerText()).includes("理由"), "a reason is asked for");
        forgetProblems(page);
        await page.fill("#f-reason", "时间与签到表不符，请核对");
        await send(page, "退回所选");
        assert.match(await flash(page), /退回 1/);
      }
      await send(page, "全部确认");
      assert.match(await flash(page), /确认/);
      await checkPage(page, "station-confirmed");

      // A sheet of paper that came back from the park.
      await page.goto("/sheets");
      await checkPage(page, "station-sheets");
      await press(page, page.locator("article a[href^='/sheets/']").first());
      await page.locator("input[name^=in_]").first().fill("+");
      await page.locator(".stick-actions button[value=draft]").click();
      assert.match(await flash(page), /已暂存/);
      await checkPage(page, "station-sheet");

      // How the own community stands.
      await goBy(page, "周一看板");
      await checkPage(page, "station-figures");
      await goBy(page, "组织");
      assert.match(await text(page), /站点覆盖率/);
      await checkPage(page, "station-coverage");
      await goBy(page, "志愿者留存");
      await checkPage(page, "station-retention");

      // A tablet at the door: whoever stands there is nobody elsewhere.
      await page.goto("/manage?tab=next");
      const list = (await links(page, "a[href$='/sign-ups']"))[0];
      await page.goto(list.replace("/sign-ups", "/desks"));
      await checkPage(page, "station-desks");
      await send(page, "把这台设备设为签到台");
      assert.equal(new URL(page.url()).pathname, "/desk");
      await page.locator("[data-code-body] svg").waitFor();
      await checkPage(page, "station-tablet");
      await page.goto("/people");
      assert.match(new URL(page.url()).pathname, /^\/sign-in/);
    });
  });

  test(`a list leaves the station after a fresh proof at ${size.width} px`, async () => {
    await view(async (page, context) => {
      await signIn(page, "station");
      const cookies = await context.cookies();
      // A quarter of an hour away from the counter.
      await server.restart(15 * (turn + 1));
      await context.addCookies(cookies);
      await page.goto("/people?state=active");
      await press(page, page.locator("main").getByRole("link", { name: "导出", exact: true }));
      assert.equal(new URL(page.url()).pathname, "/confirm");
      await checkPage(page, "station-prove");
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "演示：点一下确认" }).click()]);
      assert.match(file.suggestedFilename(), /\.xlsx$/);
    });
  });
}
