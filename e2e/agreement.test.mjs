// A written agreement from both sides: the organiser asks for it, the volunteer signs on the phone, the leader for the body.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, flash, publish, send, text, tomorrow } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

test("an agreement is asked for, signed by both and kept as it was signed", async () => {
  const { day } = tomorrow(9, 1);
  let activity = "";
  let session = "";
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    ({ activity, session } = await publish(page, { title: "协议演练", day }));
    await page.goto(`${activity}/agreement-terms`);
    await checkPage(page, "agreement-terms");
    await page.getByLabel("组织方要求每个人都签协议").check();
    await send(page, "保存");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(activity);
    await send(page, /^报名/);
    assert.match(await text(page), /签到前要签服务协议：组织方要求/);
    await page.goto(`${activity}/agreement`);
    await checkPage(page, "agreement-own");
    assert.match(await text(page), /六、安全保障和风险：靠近水边，注意防滑。/);
    await send(page, /签署/);
    assert.match(await flash(page), /已签署，等队长代表组织方签署/);
    await page.goto("/me/agreements");
    await checkPage(page, "agreement-mine");
    assert.match(await text(page), /等待组织方签署/);
  });
  await withPage({ ...DESK, base: server.base }, async (page) => {
    await signIn(page, "leader");
    agreeToAll(page);
    await page.goto(`${session}/agreements`);
    await checkPage(page, "agreement-list");
    await send(page, /签署/);
    assert.match(await text(page), /双方已签/);
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/me/agreements");
    await page.locator("main a[href^='/agreements/']").first().click();
    await page.waitForURL(/\/agreements\/\d+$/);
    await checkPage(page, "agreement-one");
    assert.match(await text(page), /双方已签/);
  });
});
