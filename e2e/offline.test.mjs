// The roll without a network: two leaders of one session on two phones, one volunteer; the network is cut and
// restored twice. What was captured counts exactly once, and where the phones disagree a person decides.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PHONE, checkPage, closeBrowser, forgetProblems, scan, startServer, withPage, withWire } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { press, publish, tomorrow } from "./steps.mjs";

let server;
after(async () => { await closeBrowser(); await server?.stop(); });

let session = "";
let title = "";
before(async () => {
  server = await startServer();
  title = "离线点名演练";
  const { day, ahead } = tomorrow(9, 1);
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    ({ session } = await publish(page, { title, day }));
  });
  await server.restart(ahead);
  // Three people without phones join at the place; all of them are undone again, so that the roll begins empty.
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    for (const [at, name] of ["陈桂英", "李建国", "王秀兰"].entries()) {
      await page.goto(`${session}/roll`);
      await page.getByText("还没注册的人").click();
      await page.locator("form[action$='/walk-in'] [name=name]").fill(name);
      await page.locator("form[action$='/walk-in'] [name=phone]").fill(`1600000880${at}`);
      await press(page, page.getByRole("button", { name: "加入并标记到场" }));
      await press(page, page.getByRole("button", { name: `${name} 撤销` }));
    }
  });
});

/** A leader's phone with the page for the spot open and the worker in charge. */
async function ready(page) {
  await page.goto(`${session}/offline`);
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  // The first load was not the worker's; the second is, and is kept.
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.reload();
  await page.locator("[data-line]").first().waitFor();
}

const row = (page, name) => page.locator("[data-line]", { hasText: name });
const tap = (page, name, act) => page.getByRole("button", { name: `${name} ${act}`, exact: true }).tap();
const said = (page, text) => page.locator("[data-queue]", { hasText: text }).waitFor();

test("two phones without a network, twice", async () => {
  const at = { ...PHONE, base: server.base };
  await withWire(at, (one, first) => withWire(at, async (two, second) => {
    await signIn(one, "leader");
    await signIn(two, "station");
    await ready(one);
    await ready(two);
    await checkPage(one, "offline-ready");

    // The first cut: both call the roll, one of them from the page as it was kept.
    await first(true);
    await second(true);
    await one.reload();
    await row(one, "陈桂英").waitFor();
    await tap(one, "陈桂英", "到场");
    await tap(one, "李建国", "到场");
    await tap(one, "王秀兰", "缺席");
    await tap(two, "陈桂英", "到场");
    await tap(two, "李建国", "缺席");
    await said(one, "3 条待发送");
    await said(two, "2 条待发送");
    assert.match(await row(one, "陈桂英").innerText(), /在场.*待发送/);
    forgetProblems(one);
    await checkPage(one, "offline-waiting");
    // The code goes on without a network, and a camera reads it.
    await one.getByRole("button", { name: "显示签到码" }).tap();
    await one.locator("[data-code-picture] svg").waitFor();
    await checkPage(one, "offline-code");
    const link = await scan(one, one.locator("[data-code-picture] svg"));
    assert.match(link, /\/k\/\d+\.[0-9A-Z]{16}$/);

    // Back: each sends by itself, at once.
    await Promise.all([first(false), second(false)]);
    await Promise.all([said(one, "全部已发送"), said(two, "全部已发送")]);

    // The second cut: the leaving, and something pressed by mistake and taken back.
    await first(true);
    await second(true);
    await tap(one, "陈桂英", "签退");
    await tap(two, "陈桂英", "签退");
    await tap(one, "王秀兰", "撤销");
    await said(one, "2 条待发送");
    await said(two, "1 条待发送");
    await second(false);
    await said(two, "全部已发送");
    await first(false);
    await said(one, "全部已发送");
    forgetProblems(one);
    forgetProblems(two);
    await one.locator("[data-log] summary").tap();
    await checkPage(one, "offline-sent");

    // Exactly once: one person there with one stay, one to be decided, one as before.
    await one.goto(`${session}/roll`);
    const line = (name) => one.locator("tbody tr", { hasText: name });
    assert.match(await line("陈桂英").innerText(), /已签退/);
    assert.doesNotMatch(await line("陈桂英").innerText(), /次进出/);
    assert.match(await line("王秀兰").innerText(), /未到/);
    const open = one.locator("[data-open]");
    assert.equal(await open.count(), 1);
    assert.match(await open.innerText(), /李建国：一处记到场，另一处记缺席/);
    await checkPage(one, "offline-decide");
    await press(one, open.getByRole("button", { name: /李建国 采用：到场/ }));
    assert.equal(await one.locator("[data-open]").count(), 0);
    assert.match(await line("李建国").innerText(), /在场/);

    // Loading the pages again sends nothing again.
    await one.goto(`${session}/offline`);
    await said(one, "全部已发送");
    await two.goto(`${session}/offline`);
    await said(two, "全部已发送");
    await one.goto(`${session}/roll`);
    assert.doesNotMatch(await one.locator("tbody").innerText(), /次进出/);
  }));
});

test("a volunteer scans without a network and is checked in later", async () => {
  const at = { ...PHONE, base: server.base };
  await withWire(at, (one, first) => withWire(at, async (page, phone) => {
    await signIn(one, "leader");
    await ready(one);
    await signIn(page, "volunteer");
    await page.goto("/check-in");
    await page.evaluate(async () => { await navigator.serviceWorker.ready; });
    await page.reload();
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await first(true);
    await phone(true);
    await one.reload();
    await one.getByRole("button", { name: "显示签到码" }).tap();
    await one.locator("[data-code-picture] svg").waitFor();
    const link = await scan(one, one.locator("[data-code-picture] svg"));

    // Any page says that there is no network, and can scan; a scanned link is kept with its time, once.
    await page.goto("/check-in");
    await page.getByRole("heading", { name: "现在没有网络" }).waitFor();
    forgetProblems(page);
    await checkPage(page, "offline-fallback");
    await page.goto(new URL(link).pathname);
    await page.locator("[data-kept-scan]", { hasText: "扫码时间已记下" }).waitFor();
    await page.goto(new URL(link).pathname);
    await page.locator("[data-queue]", { hasText: "1 条待发送" }).waitFor();
    forgetProblems(page);
    await checkPage(page, "offline-scan-kept");

    // The page notices by itself that the network is back, sends what it kept and goes where it shows.
    await phone(false);
    await page.waitForURL("/check-in");
    await page.locator("[data-scan-queue] [data-queue]", { hasText: "已全部发送" }).waitFor();
    forgetProblems(page);
    await checkPage(page, "offline-scan-sent");
    await first(false);
    await one.goto(`${session}/roll`);
    assert.match(await one.locator(".page-head").innerText(), /已到 3/);
  }));
});

test("a tablet becomes a desk, and the wall shows who comes", async () => {
  await withPage({ ...DESK, base: server.base }, async (page, tablet) => {
    page.on("dialog", (dialog) => void dialog.accept());
    await signIn(page, "leader");
    await page.goto(`${session}/desks`);
    await checkPage(page, "desk-start");
    await press(page, page.getByRole("button", { name: "把这台设备设为签到台" }));
    assert.equal(new URL(page.url()).pathname, "/desk");
    await page.locator("[data-code-body] svg").waitFor();
    await checkPage(page, "desk");
    // The wall on the big screen, while somebody finds their name on the tablet.
    const wall = await tablet.newPage();
    await wall.goto("/desk/wall");
    const before = Number(await wall.locator("[data-wall-attended]").innerText());
    await page.locator("#q").fill("王");
    await press(page, page.getByRole("button", { name: "查找" }));
    await page.setViewportSize(PHONE);
    await checkPage(page, "desk-list");
    await press(page, page.getByRole("button", { name: "王秀兰 签到" }));
    assert.match(await page.locator(".flash").innerText(), /王秀兰 已签到/);
    await wall.locator("[data-wall-latest]", { hasText: "王**" }).waitFor();
    assert.equal(Number(await wall.locator("[data-wall-attended]").innerText()), before + 1);
    await checkPage(wall, "desk-wall");
    // Whoever stands at the desk is nobody elsewhere.
    await page.goto(`${session}/roll`);
    assert.match(new URL(page.url()).pathname, /^\/sign-in/);
    await page.goto("/desk");
    await press(page, page.getByRole("button", { name: "停用签到台" }));
    const gone = await page.goto("/desk");
    assert.equal(gone.status(), 404);
  });
});
