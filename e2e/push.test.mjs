// Notifications on a device, from the button to the page that opens: a push service in this process reads what the city
// sends as a browser would. No push service of a browser's maker is called: `subscribe` of the browser is played, and
// what was decrypted is handed to the real service worker as its browser would do it.
import assert from "node:assert/strict";
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { checkPage, closeBrowser, DESK, PHONE, SIZES, startServer, withPage } from "./lib.mjs";
import { signIn } from "./sign-in.mjs";

const got = [];
const service = createServer((request, answer) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    if (request.url.startsWith("/push/")) got.push({ headers: request.headers, path: request.url, body: Buffer.concat(parts) });
    answer.writeHead(201).end();
  });
});
let server;
let at;
before(async () => {
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  at = `http://127.0.0.1:${service.address().port}`;
  process.env.LINLI_PUSH_HOSTS = "127.0.0.1";
  // With a way out the demo city sends in earnest.
  process.env.LINLI_WEBHOOK_URL = `${at}/hook`;
  server = await startServer();
});
after(async () => {
  await closeBrowser();
  await server?.stop();
  service.close();
});

/** What a browser keeps of a subscription. */
function device() {
  const pair = createECDH("prime256v1");
  pair.generateKeys();
  return { pair, auth: randomBytes(16), path: `/push/${randomBytes(8).toString("hex")}` };
}

/** Reads a body as RFC 8291 has it. */
function open({ pair, auth }, body) {
  const salt = body.subarray(0, 16);
  const key = body.subarray(21, 21 + body[20]);
  const record = body.subarray(21 + body[20]);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), pair.getPublicKey(), key]);
  const input = Buffer.from(hkdfSync("sha256", pair.computeSecret(key), auth, info, 32));
  const from = (label, length) => Buffer.from(hkdfSync("sha256", input, salt, `Content-Encoding: ${label}\0`, length));
  const cipher = createDecipheriv("aes-128-gcm", from("aes128gcm", 16), from("nonce", 12));
  cipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()]);
  const end = plain.findLastIndex((byte) => byte !== 0);
  assert.equal(plain[end], 2);
  return plain.subarray(0, end).toString();
}

/** The signature of RFC 8292. */
function checkSigned(headers) {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization);
  const point = Buffer.from(key, "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const [head, claims, signature] = token.split(".");
  const public_ = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), public_, Buffer.from(signature, "base64url")));
  assert.equal(JSON.parse(Buffer.from(claims, "base64url")).aud, at);
}

/** Plays the browser's part with its push service; what it is subscribed with outlasts a page. */
async function play(context, page, own) {
  await context.grantPermissions(["notifications"], { origin: server.base });
  const given = { endpoint: at + own.path, p256dh: own.pair.getPublicKey("base64"), auth: own.auth.toString("base64") };
  await page.addInitScript((given) => {
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
    const key = "played-subscription";
    const made = () => {
      const under = localStorage.getItem(key);
      return under === null ? null : {
        endpoint: given.endpoint,
        options: { applicationServerKey: bytes(under) },
        getKey: (name) => bytes(given[name]),
        unsubscribe: async () => (localStorage.removeItem(key), true),
      };
    };
    Notification.requestPermission = async () => "granted";
    PushManager.prototype.getSubscription = async () => made();
    PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
      if (!userVisibleOnly) throw new Error("browsers insist");
      localStorage.setItem(key, btoa(String.fromCharCode(...new Uint8Array(applicationServerKey))));
      return made();
    };
  }, given);
}

const on = (page) => page.getByRole("button", { name: "在这台设备上通知我" });
const said = (page, text) => page.locator(".flash", { hasText: text }).waitFor();

async function arrived(count) {
  const deadline = Date.now() + 15_000;
  while (got.length < count) {
    if (Date.now() > deadline) throw new Error(`${got.length} of ${count} notifications arrived`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return got[count - 1];
}

test("from the button to the page that opens", async () => {
  const own = device();
  await withPage({ ...PHONE, base: server.base }, async (page, context) => {
    await play(context, page, own);
    await signIn(page, "volunteer");
    await page.goto("/settings/messages");
    await checkPage(page, "push-before");
    await on(page).tap();
    await said(page, "会在这台设备上通知您");
    assert.match(await page.locator("[data-device]").innerText(), /这台设备[\s\S]*会通知/);
    await on(page).waitFor({ state: "hidden" });
    await checkPage(page, "push-on");

    await page.getByRole("button", { name: /发测试通知/ }).tap();
    await said(page, "演示城市");
    const one = await arrived(1);
    checkSigned(one.headers);
    assert.equal(one.path, own.path);
    assert.equal(one.headers["content-encoding"], "aes128gcm");
    const text = open(own, one.body);
    assert.equal(JSON.parse(text).title, "通知已接通");

    // The browser's own part from here: it hands the text to the worker, which shows it.
    const client = await context.newCDPSession(page);
    const known = new Promise((done) =>
      client.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const mine = registrations.find((one) => one.scopeURL.startsWith(server.base) && !one.isDeleted);
        if (mine) done(mine.registrationId);
      }),
    );
    await client.send("ServiceWorker.enable");
    const registrationId = await known;
    const push = (data) => client.send("ServiceWorker.deliverPushMessage", { origin: server.base, registrationId, data });
    const shown = () =>
      page.evaluate(async () => {
        const worker = await navigator.serviceWorker.ready;
        return (await worker.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
      });
    const until = async (count) => {
      for (let tries = 0; tries < 100; tries++) {
        const all = await shown();
        if (all.length === count) return all;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error(`${count} notifications were not shown: ${JSON.stringify(await shown())}`);
    };
    await push(text);
    const [note] = await until(1);
    assert.equal(note.title, "通知已接通");
    // The same again takes its place; what cannot be read is shown as some message.
    await push(text);
    // One after the other: of two at once the debugging interface may lose one.
    await push("{}");
    await until(2);
    await push("not even that");
    assert.ok((await until(3)).some(({ title }) => title === "邻里 Linli"));

    // A tap: the page is opened, and an address of elsewhere is not.
    const worker = context.serviceWorkers()[0];
    const opened = await worker.evaluate(async () => {
      const asked = [];
      // Opening a window takes a real tap, which nobody can play from here.
      const open = clients.openWindow;
      clients.openWindow = async (url) => void asked.push(url);
      const tap = async (href) => {
        const work = [];
        const event = new Event("notificationclick");
        event.waitUntil = (promise) => work.push(promise);
        event.notification = { close: () => asked.push("closed"), data: { href } };
        self.dispatchEvent(event);
        await Promise.all(work);
      };
      await tap("/sessions");
      await tap("https://elsewhere.example/");
      await tap("//elsewhere.example/");
      clients.openWindow = open;
      return asked.map((one) => one.replace(self.location.origin, ""));
    });
    assert.deepEqual(opened, ["closed", "/sessions", "closed", "/inbox", "closed", "/inbox"]);

    // Removed here: the browser forgets as well.
    await page.getByRole("button", { name: /移除/ }).tap();
    await said(page, "不再在该设备上通知您");
    assert.equal(await page.evaluate(() => localStorage.getItem("played-subscription")), null);
    await on(page).tap();
    await said(page, "会在这台设备上通知您");
    // Signed out: nothing reaches it any more.
    await page.goto("/me");
    await page.evaluate(async () => {
      const body = new URLSearchParams({ _csrf: document.querySelector("meta[name=csrf]").content });
      await fetch("/sign-out", { method: "POST", body });
    });
    await signIn(page, "volunteer");
    await page.goto("/settings/messages");
    assert.equal(await page.locator("[data-device]").count(), 0);
  });
});

for (const size of SIZES) {
  test(`a device in the list, in English, at ${size.width} px`, async () => {
    const own = device();
    await withPage({ ...size, base: server.base, locale: "en-GB" }, async (page, context) => {
      await play(context, page, own);
      await signIn(page, "leader");
      await page.goto("/settings/messages");
      await page.getByRole("button", { name: "Notify me on this device" }).click();
      await said(page, "You will be notified on this device");
      await checkPage(page, "push-english");
    });
  });
}

test("without scripts the page says why there is no button", async () => {
  await withPage({ ...DESK, base: server.base, javaScriptEnabled: false }, async (page) => {
    await signIn(page, "station");
    await page.goto("/settings/messages");
    assert.match(await page.locator("#devices").innerText(), /没有运行脚本/);
    assert.equal(await on(page).isVisible(), false);
  });
});
