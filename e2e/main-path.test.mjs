// The main job from end to end in a real browser, at phone and desk size: a leader publishes, a newcomer
// registers, follows a link from a chat and signs up, scans the rotating code, the leader closes the roll
// and submits, the station confirms, and everybody sees what has become of it. Nobody waits for the
// session: the server is started again as of a later moment.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, checkPage, closeBrowser, scan, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { fill, idNumber, press, publish, register, shownCode, tomorrow } from "./steps.mjs";

after(closeBrowser);

/** Counts what a thumb does: taps, and fields typed into; and the different screens it meets. */
function thumb(page) {
  const seen = new Set();
  const count = { taps: 0, typed: 0, get screens() { return seen.size; } };
  const look = () => seen.add(new URL(page.url()).pathname);
  return {
    count,
    async open(path) { await page.goto(path); look(); },
    async tap(where) { count.taps += 1; await press(page, where, "tap"); look(); },
    async type(where, text) { count.taps += 1; count.typed += 1; await where.tap(); await where.fill(text); },
    // The phone offers the code of a message that just came; one tap takes it over.
    async fillIn(where, text) {
      assert.equal(await where.getAttribute("autocomplete"), "one-time-code");
      count.taps += 1;
      await where.fill(text);
    },
  };
}

for (const [turn, size] of SIZES.entries()) {
  const at = { width: size.width, height: size.height };
  const name = "周晓燕";
  const phone = `1600000${7701 + turn}`;
  const title = `河岸清洁志愿服务 ${size.width}`;

  test(`the main path at ${size.width} px`, async () => {
    const server = await startServer();
    const view = (fn) => withPage({ ...at, base: server.base }, fn);
    try {
      const { day, ahead } = tomorrow(9, 1);
      let activity = "";
      let session = "";

      // A leader writes an activity and publishes it.
      await view(async (page) => {
        await signIn(page, "leader");
        ({ activity, session } = await publish(page, { title, day, check: true }));
        await checkPage(page, "main-published");
      });

      // Somebody new registers in three steps on their own, and leaves.
      await view(async (page) => {
        const look = (step) => checkPage(page, `main-${step}`);
        await register(page, { name, phone, id: idNumber(301 + turn), look });
        await page.getByLabel("我已年满 18 周岁").check();
        await page.getByLabel("同意在排行榜上显示").check();
        await checkPage(page, "main-register-3");
        await press(page, page.getByRole("button", { name: "完成注册" }));
        await page.waitForURL((url) => !url.pathname.startsWith("/register"));
        await checkPage(page, "main-registered");
      });

      // Later the link stands in a chat group: three screens, six taps, one typed field at most.
      const cookies = await withPage({ ...at, base: server.base, hasTouch: true }, async (page, context) => {
        const hand = thumb(page);
        await hand.open(activity);
        await checkPage(page, "main-link");
        await hand.tap(page.getByRole("link", { name: "登录后报名" }).first());
        await hand.type(page.locator("#f-phone"), phone);
        await hand.tap(page.getByRole("button", { name: "获取验证码" }));
        await hand.fillIn(page.locator("#f-code"), await shownCode(page));
        await hand.tap(page.getByRole("button", { name: "登录", exact: true }));
        assert.equal(new URL(page.url()).pathname, activity, "signing in leads back to the activity");
        await hand.tap(page.locator("form[action$='/sign-up'] button").first());
        assert.ok(await page.locator("form[action$='/sign-off']").count(), "the place is taken");
        await checkPage(page, "main-signed-up");
        const { taps, typed, screens } = hand.count;
        assert.ok(screens <= 3 && taps <= 6 && typed <= 1, JSON.stringify({ screens, taps, typed }));
        await page.goto("/schedule");
        assert.ok(await page.getByText(title).count(), "it stands in the schedule");
        await checkPage(page, "main-schedule");
        return context.cookies();
      });

      // One minute after the start.
      await server.restart(ahead);
      let link = "";
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto(`${session}/code`);
        await page.waitForSelector("[data-code-body] svg");
        await checkPage(page, "main-code");
        link = await scan(page, page.locator("[data-code-body] svg"));
        assert.match(link, /\/k\/\d+\.\w+$/, "a camera reads the picture");
      });
      await withPage({ ...at, base: server.base, hasTouch: true }, async (page, context) => {
        await context.addCookies(cookies);
        const hand = thumb(page);
        await hand.open(new URL(link).pathname);
        await checkPage(page, "main-scanned");
        await hand.tap(page.locator("main form button.btn-primary"));
        assert.ok(hand.count.taps <= 2 && hand.count.typed === 0);
        assert.ok(await page.getByText("09:0").count(), "the moment is shown");
        await checkPage(page, "main-checked-in");
      });
      // Somebody without a phone is on no list: the leader adds and marks them.
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto(`${session}/roll`);
        assert.ok(await page.getByText(name).count(), "who scanned is on the roll");
        await page.getByText("还没注册的人").click();
        await page.locator("form[action$='/walk-in'] [name=name]").fill("陈桂英");
        await page.locator("form[action$='/walk-in'] [name=phone]").fill("16000007799");
        await press(page, page.getByRole("button", { name: "加入并标记到场" }));
        assert.ok(await page.getByText("陈桂英").count());
        await checkPage(page, "main-roll");
      });

      // After the end: the leader closes and submits.
      await server.restart(ahead + 125);
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto("/");
        assert.ok(await page.getByText(title).count(), "closing is a task on the first page");
        await page.goto(`${session}/close`);
        await fill(page, { heads: "2", quality: "5", summary: "清出十二袋垃圾。" });
        await press(page, page.getByRole("button", { name: "结束点名，计算时长" }));
        assert.ok(await page.getByText(name).count());
        await checkPage(page, "main-closed");
        await press(page, page.getByRole("button", { name: "提交给站点确认" }));
        await checkPage(page, "main-submitted");
      });
      await view(async (page) => {
        await signIn(page, "station");
        await page.goto(session.replace("/sessions/", "/records/sessions/"));
        assert.ok(await page.getByText(name).count());
        await checkPage(page, "main-to-confirm");
        await press(page, page.getByRole("button", { name: "全部确认" }));
        await checkPage(page, "main-confirmed");
      });

      // The hours are there, with the rank.
      await withPage({ ...at, base: server.base }, async (page, context) => {
        await context.addCookies(cookies);
        await page.goto("/me/hours");
        const text = await page.locator("main").innerText();
        assert.match(text, new RegExp(title));
        assert.match(text, /\b11[5-9]\b/, "minutes from the scan to the end");
        await checkPage(page, "main-hours");
        await page.goto("/rankings?period=week");
        await checkPage(page, "main-rank");
        await page.goto("/inbox");
        await checkPage(page, "main-inbox");
      });
      await view(async (page) => {
        await signIn(page, "office");
        await page.goto("/dashboard");
        await checkPage(page, "main-dashboard");
      });
      await view(async (page) => {
        await signIn(page, "audit");
        await page.goto("/audit?act=activity.publish");
        assert.ok(await page.getByText("none_applies=true").count(), "who declared what stands in the log");
        await checkPage(page, "main-audit");
      });
    } finally {
      await server.stop();
    }
  });
}
