// Steps that several walks take: pressing what leads on, filling in, finding the way by the menu, registering, publishing,
// and the questions that elder mode must answer on every page.
import assert from "node:assert/strict";
import { PHONE, checkPage } from "./lib.mjs";

const MINUTE = 60_000;
const DAY = 86_400_000;
const LOCAL = 8 * 3_600_000;

/** Tomorrow's date in China and the minutes from now until a time of that day. */
export function tomorrow(hour, minute) {
  const now = Date.now();
  const day = new Date(now + LOCAL + DAY).toISOString().slice(0, 10);
  const at = Date.parse(`${day}T00:00:00Z`) - LOCAL + (hour * 60 + minute) * MINUTE;
  return { day, ahead: Math.ceil((at - now) / MINUTE) };
}

/** A day so many days from now in China. */
export const dayAhead = (days) => new Date(Date.now() + LOCAL + days * DAY).toISOString().slice(0, 10);

/** An ID number with its check digit (GB 11643) of somebody born on `born`, written like 19900501. */
export function idNumber(serial, born = "19900501") {
  const body = `110101${born}${String(serial).padStart(3, "0")}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = [...body].reduce((total, digit, at) => total + Number(digit) * weights[at], 0);
  return body + "10X98765432"[sum % 11];
}

/** Presses what leads to another page and waits for it. */
export async function press(page, where, how = "click") {
  const loaded = page.waitForEvent("load");
  await where[how]();
  await loaded;
}

/** Types into the fields of a form; a choice is made by the words of its option or, given a number, by its place. */
export async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`#f-${name}`);
    if (typeof value === "number") await field.selectOption({ index: value });
    else if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
}

/** Presses a button of the main part by its name and waits for what comes. */
export const send = (page, name) => press(page, page.locator("main").getByRole("button", { name, exact: typeof name === "string" }).first());

/** The code that the demo city shows instead of sending it. */
export const shownCode = async (page) => (await page.locator("body").innerText()).match(/验证码\D*(\d{6})/)[1];

/** The words of the page. */
export const text = (page) => page.locator("main").innerText();

/** What the step before has said. */
export const flash = async (page) => (await page.locator(".flash").innerText()).trim();

/** Says yes to whatever the page asks. */
export const agreeToAll = (page) => page.on("dialog", (dialog) => void dialog.accept());

/** Goes to a place of the navigation as its user does: on a phone the menu is opened first. */
export async function goBy(page, name) {
  const phone = page.viewportSize().width < 992;
  const menu = page.locator(".side");
  if (phone) {
    await page.locator(".top-menu").click();
    await menu.waitFor();
  }
  await press(page, menu.getByRole("link", { name, exact: true }));
  if (phone) assert.equal(await menu.isVisible(), false, "the menu is closed on the next page");
}

/** Fills in the form of an activity for a day from nine to eleven and goes to the page that publishes it. */
export async function draft(page, { title, day, check = false }) {
  await page.goto("/activities/new");
  await fill(page, {
    category: 1,
    leader: 1,
    title,
    dates: day,
    start: "09:00",
    end: "11:00",
    quota: "12",
    place_public: "滨河路",
    place_exact: "滨河路 8 号亭子前",
    content: "沿河岸捡拾垃圾，分类装袋。",
    served_group: "过往行人",
    risks: "靠近水边，注意防滑。",
    guarantees: "统一购买意外险，提供手套。",
    conditions: "身体健康",
    how_to_apply: "在本页报名",
    contact_name: "值班",
    contact_phone: "0571-88880000",
  });
  if (check) await checkPage(page, "main-new");
  await press(page, page.getByRole("button", { name: "保存，去发布" }));
  await page.waitForURL(/\/publish$/);
  if (check) await checkPage(page, "main-publish");
}

/** Writes an activity and publishes it; returns its address and its session's. */
export async function publish(page, what) {
  await draft(page, what);
  await page.getByLabel("我已逐条核对").check();
  await press(page, page.getByRole("button", { name: "发布", exact: true }));
  await page.waitForURL(/\/activities\/\d+$/);
  const roll = await page.locator("a[href$='/roll']").first().getAttribute("href");
  const session = roll.replace(/\/roll$/, "");
  assert.match(session, /^\/sessions\/\d+$/);
  return { activity: new URL(page.url()).pathname, session };
}

/** The three steps of registering; `look` sees each page before it is sent. */
export async function register(page, { name, phone, id, look = async () => {} }) {
  await page.goto("/register");
  await fill(page, { name, phone });
  await press(page, page.getByRole("button", { name: "获取验证码" }));
  await fill(page, { code: await shownCode(page) });
  await look("register-1");
  await press(page, page.getByRole("button", { name: "下一步" }));
  await page.waitForURL(/\/register\/identity/);
  await fill(page, { id_number: id, home_org: 1 });
  await look("register-2");
  await press(page, page.getByRole("button", { name: "下一步" }));
  await page.waitForURL(/\/register\/finish/);
}

/** Waits for what a page says that goes on by itself. */
export async function settled(page, words) {
  await page.locator("main").getByText(words).first().waitFor({ timeout: 20_000 });
  await page.waitForLoadState();
}

/** Brings a roster in, from the file to the people who wait to be claimed; `look` sees each page. */
export async function importRoster(page, { file, rows, look = async () => {} }) {
  await goBy(page, "名册导入");
  await look("import");
  const csv = ["姓名,身份证号,手机号", ...rows.map((row) => row.join(","))].join("\r\n");
  await page.setInputFiles("#f-file", { name: file, mimeType: "text/csv", buffer: Buffer.from(csv) });
  await send(page, "上传并核对");
  await page.waitForURL(/\/import\/\d+/);
  await look("columns");
  await page.locator("#f-default_org").selectOption({ index: 1 });
  await send(page, "检查每一行");
  await settled(page, "还没有导入任何人");
  await look("preview");
  await send(page, /^导入/);
  await settled(page, "查看待认领的人");
  await look("imported");
}

/** What lies outside of a phone's screen and is no part of a box that scrolls by itself. */
const sideways = (page) =>
  page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    const inner = (e) => e.parentElement?.closest(".table-responsive, pre, [data-scrolls], .visually-hidden");
    return [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > limit + 1 && !inner(e) && !e.closest(".visually-hidden"))
      .slice(0, 6)
      .map((e) => `<${e.tagName.toLowerCase()} class="${e.className}"> ${Math.round(e.getBoundingClientRect().right)} “${(e.textContent ?? "").trim().slice(0, 20)}”`);
  });

/**
 * What elder mode promises on every page (X14): text of 18 px or more with lines of 1.3, and 60 × 60 px for whatever is
 * pressed. A link within a sentence is as large as its words; a box to tick is as large as its line.
 */
export async function checkElder(page, name) {
  const faults = await page.evaluate(() => {
    const out = [];
    const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(".visually-hidden, svg, .skip-link");
    const say = (e, why) => out.push(`${why}: <${e.tagName.toLowerCase()} class="${e.className}"> “${(e.textContent ?? "").trim().slice(0, 24)}”`);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const e = node.parentElement;
      if (!node.data.trim() || seen.has(e) || e.closest("script, style, option") || !shown(e)) continue;
      seen.add(e);
      const style = getComputedStyle(e);
      const size = parseFloat(style.fontSize);
      const line = style.lineHeight === "normal" ? size * 1.4 : parseFloat(style.lineHeight);
      if (size < 17.9) say(e, `type of ${size} px`);
      if (line / size < 1.29) say(e, `lines of ${(line / size).toFixed(2)}`);
    }
    // Words beside a link in the same line make it a part of a sentence.
    const inSentence = (e) => {
      if (getComputedStyle(e).display !== "inline") return false;
      const beside = [...e.parentElement.childNodes].filter((n) => n !== e && !n.matches?.("a, button")).map((n) => n.textContent);
      return beside.join("").replace(/[\s·、，,:：—–-]/g, "").length > 0;
    };
    for (const e of document.querySelectorAll("a[href], button, select, summary, textarea, input:not([type=hidden])")) {
      if (!shown(e)) continue;
      if (e.tagName === "A" && inSentence(e)) continue;
      const target = e.matches("[type=checkbox], [type=radio]") ? e.closest("label, td") ?? e : e;
      const { width, height } = target.getBoundingClientRect();
      if (width < 59.5 || height < 59.5) say(e, `target of ${Math.round(width)} × ${Math.round(height)} px`);
    }
    return [...new Set(out)].slice(0, 12);
  });
  assert.deepEqual(faults, [], `elder mode of ${name} (${page.url()})`);
}

/** The page in type of twice the size, as a browser's own setting makes it: nothing runs out of the screen. */
export async function checkLargeType(page, name) {
  const client = await page.context().newCDPSession(page);
  const set = (standard) => client.send("Page.setFontSizes", { fontSizes: { standard, fixed: standard } });
  try {
    await set(32);
    await page.waitForFunction(() => parseFloat(getComputedStyle(document.documentElement).fontSize) >= 32);
    const wide = await sideways(page);
    if (process.env.LINLI_SHOTS === "all") await checkPage(page, `${name}-large`, { layoutOnly: true });
    assert.deepEqual(wide, [], `sideways overflow of ${name} in type of 200 % (${page.url()})`);
  } finally {
    await set(16);
    await client.detach();
  }
}

/** One look at a page in elder mode: everything that any page must pass, and what is asked of elder mode. */
export async function checkElderPage(page, name) {
  await checkElder(page, name);
  await checkPage(page, name);
  if (page.viewportSize().width === PHONE.width) await checkLargeType(page, name);
}
