// The week of a child of twelve and the guardian, at phone and desk size: registering, the guardian's answer by a code
// to the phone, signing up, the guardian giving the place back, taking the consent back and giving it again; and what
// the leader sees of it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, idNumber, press, register, shownCode } from "./steps.mjs";

after(closeBrowser);

/** Born on the last day of a year, so that they are twelve on every day of this one but its last. */
const BORN = `${new Date().getFullYear() - 13}1231`;

for (const [turn, size] of SIZES.entries()) {
  test(`a child and the guardian at ${size.width} px`, async () => {
    const server = await startServer();
    const view = (fn) => withPage({ width: size.width, height: size.height, base: server.base }, fn);
    try {
      await view(async (child) => {
        agreeToAll(child);
        await register(child, { name: "郑小雨", phone: `1600000${8801 + turn}`, id: idNumber(401 + turn, BORN) });
        await checkPage(child, "guardian-register");
        await child.getByLabel("由监护人最后确认").check();
        await press(child, child.getByRole("button", { name: "完成注册" }));

        // One step is left: whom to ask.
        await child.waitForURL(/\/me\/guardian$/);
        await checkPage(child, "guardian-ask");
        await child.locator("#f-guardian_name").fill("郑建国");
        await child.locator("#f-guardian_relation").selectOption("father");
        await child.locator("#f-guardian_phone").fill(`1600000${9901 + turn}`);
        await press(child, child.getByRole("button", { name: "发给监护人" }));
        assert.match(await child.locator("main").innerText(), /等 郑建国/);
        await checkPage(child, "guardian-waiting");
        const link = await child.getByRole("link", { name: "用这部手机确认" }).getAttribute("href");
        await child.goto("/");
        assert.match(await child.locator("main").innerText(), /等待监护人答复/, "the home page says who acts next");

        await view(async (guardian) => {
          agreeToAll(guardian);
          const path = new URL(link, server.base).pathname;
          await guardian.goto(path);
          await checkPage(guardian, "guardian-answer");
          await press(guardian, guardian.getByRole("button", { name: "发送验证码" }));
          const code = await shownCode(guardian);
          await guardian.locator("#f-code").fill(code);
          await press(guardian, guardian.getByRole("button", { name: "同意", exact: true }));
          forgetProblems(guardian);
          assert.match(await guardian.locator("main").innerText(), /没有本人同意|还没有同意/, "the box is not ticked");
          await guardian.locator("#f-code").fill(code);
          await guardian.locator("#f-agree").check();
          await press(guardian, guardian.getByRole("button", { name: "同意", exact: true }));
          await guardian.waitForURL(/\/family\/\d+$/);
          await checkPage(guardian, "guardian-child");

          // The child takes part from now on.
          await child.goto("/me/guardian");
          await checkPage(child, "guardian-given");
          await child.goto("/sessions");
          const row = child.locator("article.task", { has: child.locator("form[action$='/sign-up']") }).first();
          const title = (await row.locator("h3").innerText()).trim();
          await press(child, row.locator("form[action$='/sign-up'] button"));
          await child.waitForURL(/signed=/);

          await guardian.reload();
          assert.ok((await guardian.locator("main").innerText()).includes(title), "the guardian sees the place");
          await checkPage(guardian, "guardian-places");
          await press(guardian, guardian.locator("form[action$='/give-back'] button").first());
          assert.match(await guardian.locator(".flash").innerText(), /已取消报名/);

          await press(guardian, guardian.getByRole("button", { name: "撤回同意" }));
          await checkPage(guardian, "guardian-withdrawn");
          await child.goto("/sessions");
          await press(child, child.locator("form[action$='/sign-up'] button").first());
          assert.match(await child.locator(".error-summary").innerText(), /监护人/, "refused, with the way out");
          forgetProblems(child);
          await press(guardian, guardian.getByRole("button", { name: "重新同意" }));
          await child.goto("/me/consents");
          await checkPage(child, "guardian-consents");
        });
      });

      // A guardian with an own account, and the leader.
      await view(async (page) => {
        await signIn(page, "volunteer");
        await page.goto("/family");
        await checkPage(page, "guardian-family");
        await press(page, page.getByRole("link", { name: /报名、时长与同意/ }).first());
        await checkPage(page, "guardian-family-child");
        for (const [path, name] of [["/me/looks", "me-looks"], ["/me/leave", "me-leave"]]) {
          await page.goto(path);
          await checkPage(page, name);
        }
        await page.goto("/teams");
        await press(page, page.locator("main a[href^='/teams/']").last());
        await page.goto(`${new URL(page.url()).pathname}/transfer`);
        await checkPage(page, "transfer-ask");
      });
      await view(async (page) => {
        await signIn(page, "leader");
        await page.goto("/manage");
        const roll = await page.locator("a[href*='/sessions/']").first().getAttribute("href");
        await page.goto(`${roll.match(/\/sessions\/\d+/)[0]}/minors`);
        await checkPage(page, "guardian-minors");
        await page.goto(`${roll.match(/\/sessions\/\d+/)[0]}/sign-ups`);
        await press(page, page.locator("main a[href^='/activities/']").first());
        const team = await page.locator("main a[href^='/orgs/']").first().getAttribute("href");
        await page.goto(`${team.replace("/orgs/", "/teams/")}/transfers`);
        await checkPage(page, "transfer-list");
      });
    } finally {
      await server.stop();
    }
  });
}
