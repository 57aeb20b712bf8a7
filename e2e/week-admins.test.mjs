// The week of the three administrators, at phone and desk size. The first makes accounts and looks after what leaves the
// city, the second gives roles and resets a lost second factor, the third reads what both did; none of them may do what
// the others do.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { SIZES, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";
import { agreeToAll, fill, flash, goBy, press, send, text } from "./steps.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

const PASSWORD = "Qing-Shan-2026";

/** What an authenticator shows for a key (RFC 6238): the digits of now. */
function digits(key) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replace(/[^A-Z2-7]/g, "")].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", secret).update(step).digest();
  const from = mac[19] & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Somebody else's places: refused, with the reason and a way on. */
async function refused(page, paths) {
  for (const path of paths) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), 403, path);
    assert.equal(await page.locator(`.side a[href='${path}']`).count(), 0, `${path} is not in the menu`);
    forgetProblems(page);
  }
  await checkPage(page, "admin-refused");
}

for (const size of SIZES) {
  const view = (fn) => withPage({ ...size, base: server.base }, fn);
  const login = `week.${size.width}`;
  const name = `吴志刚 ${size.width}`;

  test(`the three administrators at ${size.width} px`, async () => {
    // The system administrator: an account for somebody new, handed over as a link.
    let link = "";
    await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "system");
      await page.goto("/");
      await checkPage(page, "admin-system-home");
      await goBy(page, "账号");
      await checkPage(page, "admin-accounts");
      await press(page, page.getByRole("link", { name: "新建账号" }));
      await fill(page, { login, name });
      await checkPage(page, "admin-account-new");
      await send(page, "建立账号");
      link = await page.locator("#link").inputValue();
      await checkPage(page, "admin-account-link");
      await press(page, page.getByRole("link", { name: "回到账号" }));
      assert.match(await text(page), /待本人设置密码/);
      await checkPage(page, "admin-account");

      // What leaves the city, and where it goes.
      await goBy(page, "投递与对接");
      await checkPage(page, "admin-deliveries");
      await press(page, page.getByRole("link", { name: "对接设置" }));
      await press(page, page.getByRole("link", { name: "添加目标" }));
      await fill(page, { name: `工作群 ${size.width}`, shape: "json", url: "https://hooks.example.org/linli" });
      await page.locator("input[name=events][value='session.cancelled']").check();
      await checkPage(page, "admin-target");
      await send(page, "添加");
      assert.match(await text(page), /hooks\.example\.org/);
      await checkPage(page, "admin-targets");
      await page.getByRole("button", { name: `停用 工作群 ${size.width}` }).click();
      await page.getByRole("button", { name: `启用 工作群 ${size.width}` }).waitFor();
      await goBy(page, "备份");
      assert.match(await text(page), /备份/);
      await checkPage(page, "admin-backups");
      await refused(page, ["/roles", "/audit", "/people"]);
    });

    // Whoever got the link sets the password and a second factor.
    let key = "";
    const enter = async (page) => {
      await page.goto("/sign-in");
      await page.fill("#f-login", login);
      await page.fill("#f-password", PASSWORD);
      await press(page, page.locator("form[action='/sign-in/password'] button"));
    };
    await view(async (page) => {
      await page.goto(new URL(link).pathname);
      await fill(page, { password: PASSWORD, repeat: PASSWORD });
      await checkPage(page, "admin-set-up");
      await send(page, "完成设置");
      await enter(page);
    });

    // The security administrator gives the role.
    await view(async (page) => {
      agreeToAll(page);
      await signIn(page, "security");
      await goBy(page, "角色与权限");
      await checkPage(page, "admin-roles");
      await fill(page, { who: login, role: "station" });
      const org = await page.locator("#f-org option", { hasText: "社区" }).first().getAttribute("value");
      await page.locator("#f-org").selectOption(org);
      await send(page, "授予");
      assert.ok((await flash(page)).length > 0);
    });
    await view(async (page) => {
      await enter(page);
      await page.goto("/people");
      assert.match(await text(page), /志愿者/, "the role holds at once");
      await page.goto("/me/second-factor");
      await send(page, "开始设置");
      await checkPage(page, "admin-second-factor");
      key = (await page.locator("main p strong").first().innerText()).trim();
      await page.fill("#f-code", digits(key));
      await send(page, "启用");
      assert.match(await text(page), /恢复码/);
      await checkPage(page, "admin-recovery");

      // The telephone is lost: the security administrator takes the factor away and the session ends.
      await view(async (security) => {
        agreeToAll(security);
        await signIn(security, "security");
        await security.goto(`/roles?q=${login}`);
        await checkPage(security, "admin-roles-one");
        await press(security, security.getByRole("button", { name: /^重置二次验证/ }));
        assert.ok((await flash(security)).length > 0);
        await refused(security, ["/accounts", "/audit", "/backups", "/people"]);
      });
      await page.goto("/people");
      assert.match(new URL(page.url()).pathname, /^\/sign-in/, "sessions end with it");
    });

    // The audit administrator reads what both did and checks that nothing is missing.
    await view(async (page) => {
      await signIn(page, "audit");
      await goBy(page, "审计日志");
      const lines = page.locator("tbody tr");
      assert.ok(await lines.count(), "the log has lines");
      assert.ok((await lines.first().boundingBox()).y < size.height * 1.2, "the first line is near the first screen");
      await checkPage(page, "admin-audit");
      if (size.width < 768) await page.locator(".fold > summary").click();
      await page.locator("#act").selectOption("second.reset");
      await press(page, page.locator("form[action='/audit'] button.btn-primary"));
      assert.ok((await lines.count()) >= 1);
      assert.match(await text(page), /安全管理员/);
      await checkPage(page, "admin-audit-filter");
      await page.goto(`/audit?act=role.grant`);
      assert.match(await text(page), /安全管理员/);
      await page.goto("/audit?failed=1");
      await page.goto("/audit");
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "导出表格" }).click()]);
      assert.match(file.suggestedFilename(), /\.xlsx$/);
      await send(page, "核对完整性");
      assert.match(await text(page), /完整：\d+ 条记录逐条核对无误/);
      await checkPage(page, "admin-audit-chain");
      await refused(page, ["/accounts", "/roles", "/backups", "/people"]);
    });
  });
}
