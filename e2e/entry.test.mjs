// Who gives a place and who parts with one: by approval, by invitation, a stand-in, a pasted list, and the city's rules;
// on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const phone = (fn) => withPage({ ...PHONE, base: server.base }, fn);
const flash = async (page) => (await page.locator(".flash").innerText()).trim();

/** The activity of the demo team whose leader accepts people first. */
async function byApproval(page) {
  await page.goto("/activities");
  for (;;) {
    const link = page.locator("a", { hasText: "独居老人陪诊" }).first();
    if (await link.count()) {
      await link.click();
      await page.waitForURL(/\/activities\/\d+/);
      return new URL(page.url()).pathname;
    }
    await page.locator("a[rel=next]").click();
    await page.waitForLoadState();
  }
}

let activity;

test("a volunteer applies, and takes it back", async () => {
  await phone(async (page) => {
    await signIn(page, "volunteer");
    activity = await byApproval(page);
    await checkPage(page, "entry-apply");
    await page.locator("input[name=message]").fill("我有经验");
    await page.locator("form[action$='/apply'] button").click();
    assert.match(await flash(page), /还没有占名额/);
    await checkPage(page, "entry-applied");
    assert.equal(await page.locator("form[action$='/apply']").count(), 0);
    await page.goto("/schedule");
    await checkPage(page, "entry-schedule");
    await page.locator("form[action$='/withdraw'] button").click();
    assert.match(await flash(page), /撤回/);
    await page.goto(activity);
    await page.locator("form[action$='/apply'] button").click();
    assert.match(await flash(page), /已申请/);
  });
});

test("the leader refuses with a reason, accepts some, and invites", async () => {
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto(activity);
    await page.locator("a[href$='/sign-ups']").first().click();
    await page.waitForURL(/sign-ups/);
    await checkPage(page, "entry-applications");
    const boxes = page.locator("input[name=application]");
    const before = await boxes.count();
    assert.ok(before >= 2, "people of the demo team have applied");
    await boxes.first().check();
    await page.locator("button[value=refuse]").click();
    await page.waitForLoadState();
    assert.ok((await page.locator(".error-summary").innerText()).includes("原因"), "a reason is asked for");
    forgetProblems(page);
    await page.locator("input[name=application]").first().check();
    await page.locator("#f-reason").fill("这次人手够了");
    await page.locator("button[value=refuse]").click();
    assert.match(await flash(page), /1 份申请未接受/);
    // The last is the volunteer of this test, who applied after the others.
    await page.locator("input[name=application]").last().check();
    await page.locator("button[value=accept]").click();
    assert.match(await flash(page), /已接受 1 人/);

    await page.goto(`${activity}/invitations`);
    await page.locator("form[action$='/link'] button").click();
    assert.match(await flash(page), /链接已生成/);
    await checkPage(page, "entry-invitations");
    const link = await page.locator("#links a").first().getAttribute("href");
    assert.match(link, /\/invited\/\d+-/);
    await page.goto(new URL(link).pathname);
    await checkPage(page, "entry-invited-leader");
    await page.goto("/");
  });
  await phone(async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/inbox");
    assert.ok((await page.locator("main").innerText()).includes("申请已接受"), "the person is told");
    await page.goto("/schedule");
    assert.ok((await page.locator("main").innerText()).includes("独居老人陪诊"));
  });
});

test("who cannot come finds a stand-in, and takes it back", async () => {
  await phone(async (page) => {
    await signIn(page, "volunteer");
    await page.goto("/schedule");
    await page.locator("a[href$='/hand-over']").first().click();
    await page.waitForURL(/hand-over/);
    await checkPage(page, "entry-hand-over");
    await page.locator("input[value=one]").check();
    await page.locator("#f-who").fill("没有这个人");
    await page.locator("form[action$='/hand-over'] button").last().click();
    await page.waitForLoadState();
    assert.ok((await page.locator(".error-summary").innerText()).includes("没有找到"));
    forgetProblems(page);
    await page.locator("input[value=all]").check();
    await page.locator("form[action$='/hand-over'] button").last().click();
    assert.match(await flash(page), /名额还是您的/);
    await checkPage(page, "entry-offered");
    await page.goto("/schedule#stand-ins");
    await checkPage(page, "entry-schedule-offered");
    await page.locator("#stand-ins a.btn").first().click();
    page.once("dialog", (dialog) => dialog.accept());
    await page.locator("form[action$='/withdraw'] button").click();
    await page.waitForURL(/schedule/);
    assert.match(await flash(page), /已收回/);
  });
});

test("a pasted list becomes sign-ups after a look", async () => {
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto(activity);
    await page.locator("a[href$='/sign-ups']").first().click();
    const name = (await page.locator("input[name=application]").count())
      ? (await page.locator("#applications th[scope=row]").first().innerText()).split("\n")[0].trim()
      : "没有";
    await page.locator("a[href$='/paste']").click();
    await page.locator("#f-text").fill(`#接龙\n周六集合\n1. ${name}\n2. 查无此人`);
    await page.locator("form[action$='/paste'] button").last().click();
    await page.waitForLoadState();
    await checkPage(page, "entry-paste");
    assert.ok((await page.locator("main").innerText()).includes("没找到"));
    await page.locator(".stick-actions button").click();
    assert.match(await flash(page), /已为 1 人报名/);
  });
});

test("an absence is explained to the leader, who answers", async () => {
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto("/");
    await page.locator("a[href^='/absences/']").first().click();
    await page.waitForURL(/absences/);
    await checkPage(page, "entry-absence");
    await page.locator("button[value=excuse]").click();
    assert.match(await flash(page), /已谅解/);
    await checkPage(page, "entry-absences");
    session = new URL(page.url()).pathname.split("/")[2];
    number = (await page.locator("main").innerText()).match(/V\d+/)[0];
  });
});

let session;
let number;

test("hours are filled in with reason and evidence, and a second person approves", async () => {
  await phone(async (page) => {
    await signIn(page, "leader");
    await page.goto(`/records/sessions/${session}`);
    await page.locator("a[href$='/back-fill']").click();
    await page.waitForURL(/back-fill/);
    await page.locator("#f-number").fill(number);
    await page.locator("#f-reason").fill("其实来了，手机没电");
    await page.locator("#f-evidence").fill("纸质签到表 2 号第 8 行");
    await page.locator("form[action$='/back-fill'] button").click();
    assert.match(await flash(page), /第二人批准/);
    await checkPage(page, "entry-back-fill");
  });
  await phone(async (page) => {
    await signIn(page, "station");
    await page.goto("/back-fills");
    await checkPage(page, "entry-back-fills");
    const before = await page.locator("button[value=approve]").count();
    assert.ok(before >= 1);
    await page.locator("button[value=approve]").last().click();
    assert.match(await flash(page), /已批准/);
    assert.equal(await page.locator("button[value=approve]").count(), before - 1);
  });
});

test("the city's office sets the rules, and others cannot", async () => {
  await phone(async (page) => {
    await signIn(page, "office");
    await page.goto("/rules/sign-up");
    await checkPage(page, "entry-rules");
    await page.locator("#f-hours").fill("99");
    await page.locator("form[action='/rules/sign-up'] button").last().click();
    await page.waitForLoadState();
    assert.equal(await page.locator("#f-hours").getAttribute("aria-invalid"), "true");
    forgetProblems(page);
    await page.locator("#f-hours").fill("8");
    await page.locator("#f-sessions").fill("1");
    await page.locator("form[action='/rules/sign-up'] button").last().click();
    assert.match(await flash(page), /已保存/);
  });
  await phone(async (page) => {
    await signIn(page, "leader");
    const answer = await page.goto("/rules/sign-up");
    assert.equal(answer.status(), 403);
  });
});
