// Photos of a session: a batch from a phone without scripts, marked fit by the leader, shown to everybody, taken down
// with one tap by somebody who was there; a summary and a reflection.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";
import { PHONE, checkPage, closeBrowser, forgetProblems, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { await closeBrowser(); await server?.stop(); });

/** A PNG of one colour, as a browser would send it. */
function png(name, colour, width = 480, height = 320) {
  const chunk = (kind, body) => {
    const bytes = Buffer.concat([Buffer.from(kind, "latin1"), body]);
    const out = Buffer.alloc(bytes.length + 8);
    out.writeUInt32BE(body.length, 0);
    bytes.copy(out, 4);
    out.writeUInt32BE(crc32(bytes) >>> 0, bytes.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.concat(Array(width).fill(Buffer.from(colour)))]);
  const pixels = deflateSync(Buffer.concat(Array(height).fill(line)));
  const buffer = Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0)),
  ]);
  return { name, mimeType: "image/png", buffer };
}

const loaded = (page, selector) =>
  page.locator(selector).evaluateAll(async (all) => {
    for (const one of all) one.loading = "eager";
    await Promise.all(all.map((one) => one.complete || new Promise((done) => { one.onload = one.onerror = done; })));
    return all.every((one) => one.naturalWidth > 0) ? all.length : -1;
  });

test("photos from a phone are looked at, shown, and taken down", async () => {
  let album;
  await withPage({ ...PHONE, base: server.base, javaScriptEnabled: false }, async (page) => {
    await signIn(page, "leader");
    await page.goto("/");
    await page.locator("a[href^='/sessions/'][href$='/photos']").first().click();
    album = new URL(page.url()).pathname;
    await page.setInputFiles("input[name=photos]", [
      png("one.png", [40, 120, 80]), png("two.png", [120, 80, 40]),
      { name: "page.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<script>alert(1)</script>") },
    ]);
    await page.locator("form[enctype] button").click();
    const said = await page.locator(".flash").innerText();
    assert.match(said, /收到 2 张照片/);
    assert.match(said, /page\.jpg/);
    forgetProblems(page);
  });
  let activity, photo;
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    await page.goto(album);
    assert.ok((await loaded(page, ".photo-cards img")) >= 4, "all small pictures load");
    await checkPage(page, "photo-album");
    const card = page.locator(".photo-cards li").last();
    await card.locator("input[name^='caption-']").fill("一面绿墙前的合影");
    await card.locator("input[name^='fit-']").check();
    await page.locator(".stick-actions button").click();
    assert.match(await page.locator(".error-summary").innerText(), /同意/, "not without the word about consent");
    assert.equal(await page.locator(".photo-cards li").last().locator("input[name^='caption-']").inputValue(), "一面绿墙前的合影");
    await page.locator("input[name=agreed]").check();
    await page.locator(".stick-actions button").click();
    await page.locator(".flash").waitFor();
    photo = await page.locator(".photo-cards li").last().locator("a").first().getAttribute("href");
    // Deleting, and back again.
    const count = await page.locator(".photo-cards li").count();
    await page.locator(".photo-cards li").nth(count - 2).locator("button[formaction$='/delete']").click();
    await page.locator("details:has(form[action$='/restore']) summary").click();
    await page.locator("form[action$='/restore'] button").click();
    await page.locator(".flash").waitFor();
    assert.equal(await page.locator(".photo-cards li").count(), count);
    await page.locator(".page-actions a[href$='/story']").click();
    await page.locator("textarea[name=text]").fill("两组人，两个小时，楼道干净了。");
    await page.locator("input[name=publish]").check();
    await checkPage(page, "photo-story");
    await page.locator("main form button.btn-primary").click();
    await page.waitForURL(/\/activities\//);
    activity = new URL(page.url()).pathname;
    await page.goto("/reflections");
    await checkPage(page, "photo-reflections");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await page.goto(activity);
    assert.ok((await loaded(page, ".photo-grid img")) >= 2, "everybody sees what is fit");
    assert.equal(await page.locator("img[alt='一面绿墙前的合影']").count(), 1);
    await checkPage(page, "photo-activity");
    await page.goto(photo);
    assert.equal(await loaded(page, ".photo-large img"), 1);
    await checkPage(page, "photo-show");
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "volunteer");
    await page.goto(photo);
    await page.locator("form[action$='/take-down'] > button").click();
    assert.match(await page.locator(".flash").innerText(), /队长/);
  });
  await withPage({ ...PHONE, base: server.base }, async (page) => {
    await signIn(page, "leader");
    await page.goto(photo);
    await checkPage(page, "photo-asked");
    await page.locator("button[name=act][value=agree]").click();
    await page.locator(".flash").waitFor();
    await page.goto(activity);
    assert.equal(await page.locator("img[alt='一面绿墙前的合影']").count(), 0, "it is down");
  });
});
