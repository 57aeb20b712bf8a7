// The week of somebody of seventy-one in elder mode, at phone and desk size: registering at home with a relative's phone,
// one tap for a session, the reminder, a member card instead of a telephone at the place, the hours, and what reaches her.
// Every page in elder mode is asked what X14 promises; on a phone also in type of twice the size.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, closeBrowser, evenSo, scan, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { checkElderPage, flash, goBy, idNumber, press, publish, register, send, text, tomorrow } from "./steps.mjs";

after(closeBrowser);

for (const [turn, size] of SIZES.entries()) {
  const name = "赵桂兰";
  const title = `社区花园浇水 ${size.width}`;

  test(`an elder's week at ${size.width} px`, async () => {
    const server = await startServer();
    const view = (fn) => withPage({ ...size, base: server.base }, fn);
    /** Another day of the same person: the cookies of the device stay. */
    let device = [];
    const home = (fn) =>
      view(async (page, context) => {
        await context.addCookies(device);
        await fn(page);
        device = await context.cookies();
      });
    try {
      const { day, ahead } = tomorrow(9, 1);
      let session = "";
      await view(async (page) => {
        await signIn(page, "leader");
        ({ session } = await publish(page, { title, day }));
      });

      // Sunday: larger type first, one tap on the first page; it stays for good.
      await home(async (page) => {
        await page.goto("/");
        await press(page, page.getByRole("button", { name: "长辈版" }));
        assert.ok(await page.locator("html.elder").count(), "elder mode is on");
        await checkElderPage(page, "elder-first");
        const look = (step) => checkElderPage(page, `elder-${step}`);
        const id = idNumber(511 + turn, "19550301");
        await register(page, { name, phone: `1600000${6601 + turn}`, id, look });
        await page.getByLabel("我已年满 18 周岁").check();
        await look("register-3");
        await send(page, "完成注册");
        await page.waitForURL((url) => !url.pathname.startsWith("/register"));
        await checkElderPage(page, "elder-registered");

        // What one can take is a place of the bar (or of the side); one tap takes it.
        await page.goto("/sessions");
        await checkElderPage(page, "elder-sessions");
        await page.goto(`/sessions?q=${encodeURIComponent(title.split(" ")[0])}`);
        const row = page.locator("article.task", { hasText: title }).first();
        await row.locator("form[action$='/sign-up'] button").click();
        const told = page.locator("main .alert-success", { hasText: title });
        await evenSo(page, told);
        await checkElderPage(page, "elder-signed-up");
        await goBy(page, "我的安排");
        assert.ok((await text(page)).includes(title));
        await checkElderPage(page, "elder-schedule");

        // What reaches her: no notes at night, and no e-mail.
        await goBy(page, "消息");
        await checkElderPage(page, "elder-inbox-empty");
        await press(page, page.getByRole("link", { name: "消息设置" }));
        await page.locator("#f-quiet_from").fill("20:00");
        await page.locator("input[name=mail]").first().setChecked(false);
        await checkElderPage(page, "elder-messages");
        await send(page, "保存");
        assert.ok((await flash(page)).length > 0);
        assert.equal(await page.locator("#f-quiet_from").inputValue(), "20:00");
      });

      // An hour before: the reminder has come.
      await server.restart(ahead - 61);
      await home(async (page) => {
        await page.goto("/inbox");
        for (let n = 0; n < 40 && !(await page.getByText(`快开始了：${title}`).count()); n += 1) {
          await page.waitForTimeout(250);
          await page.reload();
        }
        assert.ok((await text(page)).includes(`快开始了：${title}`), "the reminder is in the inbox");
        await checkElderPage(page, "elder-inbox");
        await page.goto("/check-in");
        await checkElderPage(page, "elder-check-in");
      });

      // At the place: the leader scans her card, which she shows on the screen or on paper.
      await server.restart(ahead);
      let card = "";
      await home(async (page) => {
        await page.goto("/me");
        await checkElderPage(page, "elder-me");
        await press(page, page.getByRole("link", { name: "打开会员卡" }));
        await checkElderPage(page, "elder-card");
        card = await scan(page, page.locator(".qr svg").first());
        assert.match(card, /\/c\/\w+/);
        await page.emulateMedia({ media: "print" });
        assert.ok(await page.locator(".qr svg").isVisible(), "the card is on paper");
        assert.equal(await page.locator(".top, .bottombar, .side").filter({ visible: true }).count(), 0, "and nothing else");
        await page.emulateMedia({ media: "screen" });
      });
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto(`${session}/roll`);
        await page.fill("#f-card", card);
        await press(page, page.locator("form[action$='/card'] button"));
        assert.match(await flash(page), new RegExp(name));
      });

      // Afterwards: the leader hands in, the station confirms, and the hours are hers.
      await server.restart(ahead + 125);
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto(`${session}/close`);
        for (const [field, value] of [["heads", "1"], ["quality", "5"]]) await page.fill(`#f-${field}`, value);
        await press(page, page.getByRole("button", { name: "结束点名，计算时长" }));
        await press(page, page.getByRole("button", { name: "提交给站点确认" }));
      });
      await view(async (page) => {
        await signIn(page, "station");
        await page.goto(session.replace("/sessions/", "/records/sessions/"));
        await press(page, page.getByRole("button", { name: "全部确认" }));
      });
      await home(async (page) => {
        await page.goto("/");
        await press(page, page.locator(size.width < 992 ? ".bottombar a[href='/me']" : ".side a[href='/me']"));
        await press(page, page.locator("main").getByRole("link", { name: "我的时长" }));
        assert.ok((await text(page)).includes(title));
        await checkElderPage(page, "elder-hours");
        await press(page, page.getByRole("link", { name: title }));
        assert.match(await text(page), /时间或内容不对/, "the record says whom to ask");
        await checkElderPage(page, "elder-record");
        await press(page, page.getByRole("link", { name: "查看活动" }));
        assert.ok(await page.locator("a[href^='tel:']").count(), "and the activity has the number");
        await checkElderPage(page, "elder-activity");
        for (const path of ["/me/looks", "/me/edit", "/activities", "/rankings", "/help/hours"]) {
          await page.goto(path);
          await checkElderPage(page, `elder${path.replaceAll("/", "-")}`);
        }
        // Off again: everybody else's type.
        await press(page, page.getByRole("button", { name: "标准版" }));
        assert.equal(await page.locator("html.elder").count(), 0);
      });
    } finally {
      await server.stop();
    }
  });
}
