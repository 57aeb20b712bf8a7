// The week of the city's office, at phone and desk size: the Monday meeting, a roster that comes in, a campaign, a target
// for every community, somebody found by initials, a list so large that a second person must agree, teams that are
// founded, moved and closed, and who stays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SIZES, checkPage, closeBrowser, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, dayAhead, fill, goBy, idNumber, importRoster, press, send, text } from "./steps.mjs";

let server;
before(async () => {
  // The small demo city has 800 people: a list of them all counts as large here.
  process.env.LINLI_EXPORT_APPROVAL_ROWS = "100";
  server = await startServer();
});
after(async () => {
  delete process.env.LINLI_EXPORT_APPROVAL_ROWS;
  await closeBrowser();
  await server?.stop();
});

for (const [turn, size] of SIZES.entries()) {
  const view = (fn) => withPage({ ...size, base: server.base }, fn);

  test(`the office's week at ${size.width} px`, async () => {
    await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "office");
      await goBy(page, "首页");
      await checkPage(page, "office-home");
      await goBy(page, "周一看板");
      await checkPage(page, "office-dashboard");

      // A roster, as a street sends it: one line is no good and says why.
      const names = ["诸葛思远", "欧阳婉清"].map((one) => one + (turn === 0 ? "" : "兰"));
      const rows = names.map((name, at) => [name, idNumber(701 + turn * 10 + at, "19720304"), `1390000${4401 + turn * 10 + at}`]);
      const file = `roster-${size.width}.csv`;
      const look = (step) => checkPage(page, `office-${step}`);
      await importRoster(page, { file, rows: [...rows, ["没有证件", "11010119720304000X", "13900004499"]], look });
      assert.match(await text(page), /有问题的行/);

      // Found by initials, from any page.
      if (size.width < 992) await press(page, page.locator(".top-find"));
      const field = page.locator(size.width < 992 ? "#f-q" : ".top-search input");
      await field.fill(turn === 0 ? "zgsy" : "zgsyl");
      await field.press("Enter");
      await page.waitForURL(/\/search\?q=/);
      assert.ok((await text(page)).includes(names[0]), "found by initials");
      await checkPage(page, "office-search");
    });
  });

  test(`the office's campaigns, targets and organisations at ${size.width} px`, async () => {
    await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "office");

      // A campaign with a phase, a line of work and a target, announced to all.
      await goBy(page, "专项行动");
      await press(page, page.getByRole("link", { name: "发起专项行动" }));
      await fill(page, {
        org: 1,
        title: `清洁家园行动 ${size.width}`,
        basis: "市文明办通知（演示）",
        from: dayAhead(10),
        to: dayAhead(40),
        summary: "各队清扫背街小巷，人人可以参加。",
      });
      await checkPage(page, "office-campaign-new");
      await send(page, "保存");
      await page.waitForURL(/\/campaigns\/\d+\/manage/);
      await press(page, page.getByRole("link", { name: "增加阶段" }));
      await fill(page, { name: "实施", from: dayAhead(10), to: dayAhead(40), deliverables: "照片和小结" });
      await send(page, "保存");
      await page.goto(page.url().replace(/(\/campaigns\/\d+).*/, "$1/manage"));
      await press(page, page.getByRole("link", { name: "增加工作线" }));
      await fill(page, { name: "清扫小巷", measure: 1, target: "60" });
      await checkPage(page, "office-campaign-line");
      await send(page, "保存");
      if (!page.url().endsWith("/manage")) await press(page, page.getByRole("link", { name: "管理行动" }));
      await send(page, "公布");
      assert.match(await text(page), /已公布/);
      await checkPage(page, "office-campaign");

      // So much is asked of every community.
      await goBy(page, "结构指标");
      await press(page, page.getByRole("link", { name: "设定指标" }));
      await fill(page, { name: `社区有队 ${size.width}`, org: 1, kind: "community", measure: "teams", demand: "at_least", n: "1", period: "now" });
      await checkPage(page, "office-target-new");
      await send(page, "设定");
      await page.goto("/targets");
      await press(page, page.getByRole("link", { name: `社区有队 ${size.width}` }));
      assert.match(await text(page), /达到/);
      await checkPage(page, "office-target");
      await page.goto("/targets");
      await press(page, page.getByRole("button", { name: `停用 社区有队 ${size.width}` }));
      await checkPage(page, "office-targets");

      // A team is founded, moves to the next community and is closed; each step says first what it does.
      await goBy(page, "组织");
      await checkPage(page, "office-orgs");
      const communities = await page.locator("tbody td:first-child a[href^='/orgs/']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      await page.goto(communities[turn]);
      await press(page, page.getByRole("link", { name: "新建下级" }));
      await press(page, page.locator("main .card a.task", { hasText: "队伍" }));
      await fill(page, { name: `晨光护河队 ${size.width}`, state: "open", slogan: "河清岸绿" });
      await checkPage(page, "office-team-new");
      await send(page, "保存");
      await page.waitForURL(/\/(teams|orgs)\/\d+$/);
      const team = page.url().match(/\d+$/)[0];
      await page.goto(`/orgs/${team}/move`);
      await page.locator("#f-to").selectOption({ index: 2 });
      await send(page, "看看会怎样");
      assert.match(await text(page), /将会发生/);
      await checkPage(page, "office-team-move");
      await press(page, page.locator("form[method=post] button.btn-primary").last());
      await page.goto(`/orgs/${team}/close`);
      if (await page.locator("main form[method=get]").count()) {
        await page.locator("#f-to").selectOption({ index: 1 });
        await send(page, "看看会怎样");
      }
      await checkPage(page, "office-team-close");
      await press(page, page.locator("main form[method=post] button.btn-danger"));
      await page.goto(`/orgs/${team}`);
      assert.match(await text(page), /已撤销/);
      await checkPage(page, "office-team-closed");

      await goBy(page, "志愿者留存");
      await checkPage(page, "office-retention");
      await goBy(page, "历史时长");
      await checkPage(page, "office-past");
    });
  });

  test(`a large list needs a second person at ${size.width} px`, async () => {
    let request = "";
    await view(async (page) => {
      await signIn(page, "office");
      await page.goto("/people?all=1");
      await press(page, page.locator("main").getByRole("link", { name: "导出", exact: true }));
      await page.waitForURL(/\/exports\/\d+$/);
      request = new URL(page.url()).pathname;
      await fill(page, { reason: "年度统计，只在办公室使用，用后删除。" });
      await checkPage(page, "office-export");
      await send(page, "申请批准");
      assert.match(await text(page), /等待批准/);
      assert.equal(await page.getByRole("button", { name: "批准", exact: true }).count(), 0, "not by whoever asks");
    });
    await view(async (page) => {
      await signIn(page, "security");
      await page.goto("/");
      assert.match(await text(page), /导出申请/, "approving is a task on the first page");
      await page.goto(request);
      await checkPage(page, "office-export-decide");
      await send(page, "批准");
    });
    await view(async (page) => {
      await signIn(page, "office");
      await page.goto(request);
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "下载（只能一次）" }).click()]);
      assert.match(file.suggestedFilename(), /\.xlsx$/);
      await page.goto(request);
      assert.match(await text(page), /已下载/);
    });
  });
}
