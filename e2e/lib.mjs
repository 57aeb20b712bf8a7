// What every browser test stands on: a fresh demo city on a free port, a real Chromium, and one check
// that each visited page must pass (accessibility, console, layout, a screenshot for eyes).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..");
const shots = join(here, "shots");
const sourceOf = (path) => readFile(createRequire(import.meta.url).resolve(path), "utf8");
const axeSource = await sourceOf("axe-core/axe.min.js");
const qrSource = await sourceOf("jsqr/dist/jsQR.js");

/** `LINLI_SHOTS=all` keeps a screenshot of every page of the walks, for whoever wants to look at all of them. */
export const ALL_SHOTS = process.env.LINLI_SHOTS === "all";

/** The two sizes every page is looked at in. */
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1440, height: 900 };
export const SIZES = [PHONE, DESK];

const binary = process.env.LINLI_BIN ? resolve(root, process.env.LINLI_BIN) : join(root, "target/debug/linli");

const browserPath =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path)) ??
  "/usr/bin/chromium";

// The browser looks at our pages only: nothing of its own goes to the network during a test.
const browserArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--force-color-profile=srgb",
  "--font-render-hinting=none",
  // A made-up picture instead of a camera, so that the scanner can be opened.
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Runs the binary to its end; its output goes into the error when it fails. */
async function runToEnd(args) {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`linli ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/**
 * Makes the demo city in a folder; where `LINLI_E2E_CITY` names a small one that is made already, by copying it.
 * Returns what `linli demo` printed.
 */
async function fill(data, size) {
  const made = process.env.LINLI_E2E_CITY;
  if (!made || size !== "small") return runToEnd(["demo", "--data", data, "--size", size]);
  await cp(made, data, { recursive: true });
  return readFile(join(made, "printed.txt"), "utf8");
}

/**
 * Starts a demo city of its own: `{ base, data, demo, log, restart, stop }`. `base` is the address without a
 * slash at its end, `demo` what `linli demo` printed (it names the sign-ins). `restart(minutes)` ends the
 * server and starts it again at the same address, as of so many minutes from now.
 */
export async function startServer({ size = "small", args = [] } = {}) {
  const data = await mkdtemp(join(tmpdir(), "linli-e2e-"));
  let child;
  let log = "";
  // However the test process ends, the server must not outlive it.
  process.once("exit", () => child?.kill("SIGKILL"));
  const end = async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "close");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await gone;
      clearTimeout(timer);
    }
  };
  const stop = async () => {
    await end();
    await rm(data, { recursive: true, force: true });
  };
  const serve = async (port, more) => {
    child = spawn(binary, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, ...args, ...more], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => (log += chunk));
    child.stderr.on("data", (chunk) => (log += chunk));
    const deadline = Date.now() + 30_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`linli serve ended with ${child.exitCode}:\n${log}`);
      if (Date.now() > deadline) throw new Error(`linli serve is not ready after 30 s:\n${log}`);
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) break;
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  try {
    const demo = await fill(data, size);
    const port = await freePort();
    await serve(port, []);
    const restart = async (minutes) => {
      await end();
      await serve(port, ["--ahead", String(minutes)]);
    };
    return { base: `http://127.0.0.1:${port}`, data, demo, log: () => log, restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

let browser;

/** Closes the browser; call it in `after()`. */
export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/**
 * Opens a page of the given size in a fresh profile (no cookies) and hands it to `fn`. Options:
 * `locale`, `colorScheme`, `javaScriptEnabled`, `storageState` as Playwright knows them, `base` so that
 * `page.goto("/")` works.
 */
export async function withPage(options, fn) {
  // Where a machine names no locale, Chromium takes ASCII for its file names and cannot name a download in Chinese.
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  browser ??= await chromium.launch({ executablePath: browserPath, headless: true, args: browserArgs, env });
  const { width, height, base, ...rest } = options;
  const phone = width < 600;
  const context = await browser.newContext({
    viewport: { width, height },
    baseURL: base,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    reducedMotion: "reduce",
    isMobile: phone,
    hasTouch: phone,
    deviceScaleFactor: 1,
    ...rest,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const problems = [];
  page.on("console", (line) => {
    if (line.type() !== "error") return;
    const { url } = line.location();
    // The browser itself asks for the icon whenever it likes, past the service worker: with the network cut that
    // is no fault of the page.
    if (url.endsWith("/favicon.ico") && /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED)/.test(line.text())) return;
    problems.push(`console: ${line.text()} (${url})`);
  });
  page.on("pageerror", (error) => problems.push(`script: ${error.stack ?? error.message}`));
  page.on("requestfailed", (request) => {
    // A navigation that replaces another aborts what the old page was loading.
    const reason = request.failure()?.errorText ?? "";
    if (reason !== "net::ERR_ABORTED") problems.push(`request: ${request.url()} ${reason}`);
  });
  page.on("response", (answer) => {
    const path = new URL(answer.url()).pathname;
    if (path.startsWith("/assets/") && answer.status() >= 400) problems.push(`asset: ${path} ${answer.status()}`);
  });
  pageProblems.set(page, problems);
  try {
    return await fn(page, context);
  } catch (error) {
    // What the page said when it went wrong is half of the answer.
    const said = await page.locator("main").innerText({ timeout: 1000 }).catch(() => "");
    throw new Error(`on ${page.url()}:\n${said.slice(0, 1500)}`, { cause: error });
  } finally {
    await context.close();
  }
}

/**
 * A wire of its own between a browser and the server: `{ base, cut, mend, stop }`. The browser's own switch for being
 * offline does not reach every request of a service worker; a cut wire does.
 */
async function wire(base) {
  const { hostname, port } = new URL(base);
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => { sockets.delete(one); other.destroy(); });
      one.pipe(other);
    }
  });
  const listen = async (at) => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    return server.address().port;
  };
  const at = await listen(0);
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { base: `http://127.0.0.1:${at}`, cut, mend: () => listen(at), stop: cut };
}

/**
 * [withPage] on a wire that can be cut: `fn(page, setOffline)`. The browser is told as well, so that pages hear of it.
 */
export async function withWire({ base, ...options }, fn) {
  const between = await wire(base);
  try {
    return await withPage({ ...options, base: between.base }, (page, context) =>
      fn(page, async (off) => {
        if (off) await between.cut();
        else await between.mend();
        await context.setOffline(off);
      }));
  } finally {
    await between.stop();
  }
}

const pageProblems = new WeakMap();

/** Forgets console errors that a test provoked on purpose (a 404 it asked for, say). */
export function forgetProblems(page) {
  pageProblems.get(page)?.splice(0);
}

/**
 * Waits for what a sign-up leads to. On some days of the week the volunteer of the demo has another session right before
 * or after; then the page asks whether they can manage, and they can.
 */
export async function evenSo(page, done) {
  const asked = page.locator("form:has(> input[name='aware'])").first();
  await done.or(asked).first().waitFor();
  if (await asked.count()) {
    forgetProblems(page);
    await asked.locator("button").click();
  }
  await done.waitFor();
}

/** What a phone's camera reads from a QR picture on the page, held as it is shown; `null` when it reads nothing. */
export async function scan(page, picture) {
  const shot = (await picture.screenshot()).toString("base64");
  const camera = await page.context().newPage();
  try {
    await camera.evaluate(qrSource);
    return await camera.evaluate(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      const ink = canvas.getContext("2d");
      ink.drawImage(image, 0, 0);
      const { data, width, height } = ink.getImageData(0, 0, image.width, image.height);
      return globalThis.jsQR(data, width, height)?.data ?? null;
    }, shot);
  } finally {
    await camera.close();
  }
}

/** No violation of WCAG 2.0–2.2 A and AA that axe can find. */
async function checkAxe(page, where, { disableRules, onlyRules }) {
  // The debugger's evaluation is not bound by the page's policy, so the policy itself stays in force
  // and whatever it blocks shows up in the console.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async ({ disableRules, onlyRules }) => {
    // What lies half under the bar of a form's buttons is as large as it is: it is scrolled out from there.
    const bars = [...document.querySelectorAll(".stick-actions")];
    for (const bar of bars) bar.style.position = "static";
    const found = await globalThis.axe.run(document, {
      runOnly: onlyRules
        ? { type: "rule", values: onlyRules }
        : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
      ...(onlyRules ? {} : { rules: Object.fromEntries(disableRules.map((rule) => [rule, { enabled: false }])) }),
      resultTypes: ["violations"],
    });
    for (const bar of bars) bar.style.removeProperty("position");
    return found.violations.map((v) => ({
      id: v.id,
      help: v.help,
      nodes: v.nodes.slice(0, 5).map((n) => `${n.target.join(" ")}: ${n.failureSummary.replace(/\s+/g, " ")}`),
    }));
  }, { disableRules, onlyRules });
  assert.ok(violations.length === 0, `accessibility of ${where}:\n${JSON.stringify(violations, null, 2)}`);
}

/**
 * What every page must pass: no violation of WCAG 2.0–2.2 A and AA that axe can find, nothing in the
 * console, no sideways scrolling on a phone. Keeps a screenshot in e2e/shots/NAME-WIDTH.png unless `shot` is false.
 * `onlyRules` asks axe for those rules alone: for another look of a page whose structure was checked already;
 * `layoutOnly` does not ask it: for a page that was looked at with other rows.
 */
export async function checkPage(page, name, { disableRules = [], onlyRules, layoutOnly = false, shot = true } = {}) {
  const { width, height } = page.viewportSize();
  const where = `${name} at ${width} px (${page.url()})`;
  if (shot) {
    await mkdir(shots, { recursive: true });
    // A window as tall as the page: bars that stick to its edges then stand where they belong.
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.min(Math.max(tall, height), 8000) });
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), animations: "disabled" });
    await page.setViewportSize({ width, height });
  }

  if (!layoutOnly) await checkAxe(page, where, { disableRules, onlyRules });

  if (width < 600) {
    const wide = await page.evaluate(() => {
      const limit = document.documentElement.clientWidth;
      const scrolls = document.documentElement.scrollWidth > limit;
      if (!scrolls) return [];
      // What lies in a box that scrolls by itself is no fault.
      const inner = (e) => e.parentElement?.closest(".table-responsive, pre, [data-scrolls], .visually-hidden");
      return [...document.querySelectorAll("body *")]
        .filter((e) => e.getBoundingClientRect().right > limit + 1 && !inner(e))
        .slice(0, 5)
        .map((e) => `<${e.tagName.toLowerCase()} class="${e.className}">`)
        .concat("the page");
    });
    assert.ok(wide.length === 0, `sideways overflow of ${where}:\n${wide.join("\n")}`);
  }

  const problems = pageProblems.get(page) ?? [];
  assert.ok(problems.length === 0, `errors on ${where}:\n${problems.join("\n")}`);
}

/**
 * What loading `path` with an empty cache transfers, in bytes as compressed on the wire.
 */
export async function transferOf(path, options) {
  return withPage(options, async (page, context) => {
    const client = await context.newCDPSession(page);
    await client.send("Network.enable");
    let total = 0;
    client.on("Network.loadingFinished", (event) => (total += event.encodedDataLength));
    await page.goto(path, { waitUntil: "load" });
    await page.waitForLoadState("networkidle");
    return total;
  });
}
