// Builds everything the browser loads into crates/assets/dist, where the `ui` crate embeds it.
//
// The result depends only on the inputs (sources, templates, lockfile): names carry a hash of the
// content, lists are sorted, and compression is zlib level 9 with no time stamp, so two machines
// produce the same bytes and caches may keep a file for ever.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import postcss from "postcss";
import { PurgeCSS } from "purgecss";
import safelist from "./safelist.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..");
const dist = join(root, "crates/assets/dist");

// Chat apps' in-app browsers lag years behind; these two are the floor the design promises.
const target = ["chrome86", "safari14"];

const types = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};
// Already compressed formats gain nothing from a second pass.
const compressible = new Set([".css", ".js", ".svg", ".txt", ".ico"]);

/** Every file under `dir` whose name ends in one of `ends`, sorted. */
async function walk(dir, ends) {
  let entries;
  try {
    entries = await readdir(dir, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
  const found = [];
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (!["target", "dist", "node_modules"].includes(entry.name)) found.push(...(await walk(path, ends)));
    } else if (ends.some((end) => entry.name.endsWith(end))) {
      found.push(path);
    }
  }
  return found.sort();
}

const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");

const templates = await walk(join(root, "crates"), [".html", ".svg"]);
const rust = (await walk(join(root, "crates"), [".rs"])).filter((path) => path.includes("/src/"));
const scripts = await walk(join(here, "src"), [".ts"]);

const outputs = new Map(); // logical name -> { bytes, name }

/** Records one output; `name` is its final name when something else has already chosen it. */
function put(logical, bytes, name) {
  const ext = extname(logical);
  const buffer = Buffer.from(bytes);
  const hashed = name ?? `${logical.slice(0, -ext.length)}-${sha(buffer).slice(0, 10)}${ext}`;
  outputs.set(logical, { bytes: buffer, name: hashed });
}

// ---- styles -----------------------------------------------------------------------------------

/**
 * Class names a source may use. Templates are taken whole; in Rust and TypeScript only what stands
 * in string literals counts, or every identifier of the program would keep a rule alive.
 */
function words(text, literalsOnly) {
  const source = literalsOnly ? (text.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/g) ?? []).join(" ") : text;
  return source.match(/[A-Za-z][A-Za-z0-9_-]*/g) ?? [];
}

/**
 * Old browsers drop a whole rule when they do not know one selector of its list. Rules that mix such
 * a selector with plain ones are split, so that the plain ones survive.
 */
const splitModernSelectors = {
  postcssPlugin: "split-modern-selectors",
  Rule(rule) {
    if (rule.selectors.length < 2) return;
    const modern = rule.selectors.filter((s) => /:(focus-visible|has\(|is\(|where\(|dir\()/.test(s));
    if (modern.length === 0 || modern.length === rule.selectors.length) return;
    rule.cloneAfter({ selectors: modern });
    rule.selectors = rule.selectors.filter((s) => !modern.includes(s));
  },
};

async function buildStyles() {
  const bundle = await esbuild.build({
    entryPoints: [join(here, "src/app.css")],
    absWorkingDir: here,
    bundle: true,
    write: false,
    target,
    legalComments: "none",
    logLevel: "warning",
  });
  const split = postcss([splitModernSelectors]).process(bundle.outputFiles[0].text, { from: undefined }).css;

  const content = [];
  for (const path of templates) content.push({ raw: words(await readFile(path, "utf8"), false).join(" "), extension: "html" });
  for (const path of [...rust, ...scripts]) {
    content.push({ raw: words(await readFile(path, "utf8"), true).join(" "), extension: "html" });
  }
  const [purged] = await new PurgeCSS().purge({
    content,
    css: [{ raw: split }],
    defaultExtractor: (text) => text.split(/\s+/),
    variables: true,
    keyframes: true,
    fontFace: true,
    safelist,
  });
  const small = await esbuild.transform(purged.css, { loader: "css", minify: true, target, legalComments: "none" });
  // The licences of what is inside travel with it.
  put("app.css", `/*! Linli. Contains Tabler (MIT, The Tabler Authors) and Bootstrap (MIT, The Bootstrap Authors). */\n${small.code}`);
}

/** Styles of pages with a map, beside the common ones; Leaflet's pictures for controls we do not use become data. */
async function buildMapStyles() {
  const bundle = await esbuild.build({
    entryPoints: [join(here, "src/map.css")],
    absWorkingDir: here,
    bundle: true,
    write: false,
    minify: true,
    target,
    loader: { ".png": "dataurl" },
    legalComments: "none",
    logLevel: "warning",
  });
  put("map.css", `/*! Linli. Contains Leaflet (BSD-2-Clause, Volodymyr Agafonkin, CloudMade). */\n${bundle.outputFiles[0].text}`);
}

// ---- icons ------------------------------------------------------------------------------------

/**
 * One sprite with the icons in icons.txt and those a template names by `icon("…")`. Stroke width is
 * left to the page's CSS: a value inside the symbol would win over it.
 */
async function buildIcons() {
  const wanted = new Map();
  for (const line of (await readFile(join(here, "icons.txt"), "utf8")).split("\n")) {
    const row = line.replace(/#.*/, "").trim();
    if (!row) continue;
    const [name, source = name] = row.split("=").map((part) => part.trim());
    wanted.set(name, { source, from: "web/icons.txt" });
  }
  for (const path of [...templates, ...rust]) {
    const text = await readFile(path, "utf8");
    for (const match of text.matchAll(/\bicon\(\s*"([a-z0-9-]+)"/g)) {
      if (!wanted.has(match[1])) wanted.set(match[1], { source: match[1], from: relative(root, path) });
    }
  }
  const symbols = [];
  for (const [name, { source, from }] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const filled = source.endsWith("-filled");
    const file = filled ? `filled/${source.slice(0, -"-filled".length)}.svg` : `outline/${source}.svg`;
    let svg;
    try {
      svg = await readFile(join(here, "node_modules/@tabler/icons/icons", file), "utf8");
    } catch {
      throw new Error(`${from}: there is no icon "${source}" in @tabler/icons`);
    }
    const shapes = svg
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .replace(/\s*\n\s*/g, "")
      .replace(/ \/>/g, "/>");
    const paint = filled
      ? 'fill="currentColor" stroke="none"'
      : 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${shapes}</symbol>`);
  }
  put("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons, MIT, Paweł Kuna -->${symbols.join("")}</svg>\n`);
}

// ---- scripts ----------------------------------------------------------------------------------

async function buildScripts() {
  const common = {
    absWorkingDir: here,
    bundle: true,
    write: false,
    format: "esm",
    minify: true,
    target,
    // Safari 14 fails some rare destructuring tests and esbuild then refuses all of it; the plain
    // patterns used here work there.
    supported: { destructuring: true },
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
    outdir: dist,
  };
  // Each island is one file: a shared chunk would cost the phone a second round trip.
  const whole = await esbuild.build({ ...common, entryPoints: ["app", "chart", "code", "map", "offline", "progress", "push", "wall"].map((name) => `src/${name}.ts`) });
  for (const file of whole.outputFiles) put(relative(dist, file.path), file.contents);
  // The scanner alone is split, because most phones read QR codes themselves and never need jsQR.
  const scan = await esbuild.build({
    ...common,
    entryPoints: ["src/scan.ts"],
    splitting: true,
    chunkNames: "scan-part-[hash]",
  });
  for (const file of scan.outputFiles) {
    const name = relative(dist, file.path);
    put(name, file.contents, name === "scan.js" ? undefined : name);
  }
}

async function copyStatic() {
  for (const path of await walk(join(here, "static"), [""])) {
    put(relative(join(here, "static"), path), await readFile(path));
  }
}

/** The service worker, last: it names the files that make up the app without a network, by their final names. */
async function buildWorker() {
  const shell = ["app.css", "app.js", "code.js", "icons.svg", "logo.svg", "offline.js", "scan.js"].map((name) => {
    const found = outputs.get(name);
    if (!found) throw new Error(`sw.ts: there is no ${name}`);
    return `/assets/${found.name}`;
  });
  const parts = [...outputs.values()].filter(({ name }) => name.startsWith("scan-part-")).map(({ name }) => `/assets/${name}`);
  const bundle = await esbuild.build({
    entryPoints: [join(here, "src/sw.ts")],
    absWorkingDir: here,
    bundle: true,
    write: false,
    format: "iife",
    minify: true,
    target,
    supported: { destructuring: true },
    define: {
      SHELL: JSON.stringify(shell),
      READER: JSON.stringify(parts),
      ICON: JSON.stringify(`/assets/${outputs.get("icon-192.png").name}`),
      VERSION: JSON.stringify(sha([...shell, ...parts].join(" ")).slice(0, 10)),
    },
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
  });
  put("sw.js", bundle.outputFiles[0].contents);
}

await Promise.all([buildStyles(), buildMapStyles(), buildIcons(), buildScripts(), copyStatic()]);
await buildWorker();

// ---- writing ----------------------------------------------------------------------------------

await mkdir(dist, { recursive: true });
const keep = new Set();
/** Leaves an unchanged file alone: its time stamp decides whether Rust compiles the crate again. */
async function write(name, bytes) {
  keep.add(name);
  const path = join(dist, name);
  const old = await readFile(path).catch(() => undefined);
  if (!old || !old.equals(bytes)) await writeFile(path, bytes);
}

const names = [...outputs.keys()].sort();
const table = [];
const sizes = [];
for (const logical of names) {
  const { bytes, name } = outputs.get(logical);
  const type = types[extname(logical)];
  if (!type) throw new Error(`${logical}: no content type is known for this ending`);
  await write(name, bytes);
  let zipped = "-";
  if (compressible.has(extname(logical))) {
    const gz = gzipSync(bytes, { level: 9 });
    gz[9] = 255; // the "operating system" byte is the one thing zlib fills in by platform
    zipped = `${name}.gz`;
    await write(zipped, gz);
    sizes.push(`${String(gz.length).padStart(8)} gz ${String(bytes.length).padStart(8)}  ${name}`);
  } else {
    sizes.push(`         - ${String(bytes.length).padStart(9)}  ${name}`);
  }
  table.push([logical, name, type, zipped, sha(bytes).slice(0, 20)].join("\t"));
}
const manifest = Object.fromEntries(names.map((logical) => [logical, outputs.get(logical).name]));
await write("manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
// The same for the Rust build script, which has no JSON parser: logical, name, type, gz twin, etag.
await write("manifest.txt", Buffer.from(`${table.join("\n")}\n`));
for (const name of await readdir(dist)) if (!keep.has(name)) await rm(join(dist, name), { recursive: true });
console.log(sizes.join("\n"));
