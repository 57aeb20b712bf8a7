// Draws a chart above the table it is made of. The table is the truth: it stays, it is what screen
// readers and printers get, and its links are where a click on a bar leads.
//
//   <figure data-chart="bar"><figcaption>…</figcaption><table>…</table></figure>
//
// `data-chart` is bar, line or pie; `data-stack` stacks the series; `data-horizontal` lays bars down,
// for long names. The first column names the rows, every other column is a series (the header row
// names them); a cell's number is `data-value` or its text, columns marked `data-skip` are left out.
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, LegendComponent, TitleComponent, AriaComponent, CanvasRenderer]);

interface Data {
  names: string[];
  links: (string | undefined)[];
  series: { name: string; values: (number | null)[] }[];
}

function numberOf(cell: Element | undefined): number | null {
  if (!cell) return null;
  const text = (cell.getAttribute("data-value") ?? cell.textContent ?? "").replace(/[,，\s%]/g, "");
  if (text === "") return null;
  const found = /-?\d+(\.\d+)?/.exec(text);
  return found ? Number(found[0]) : null;
}

/** Reads a table; footer rows (totals) are not part of the picture. */
function read(table: HTMLTableElement): Data {
  const head = Array.from(table.tHead?.rows[0]?.cells ?? []);
  const rows = Array.from(table.tBodies).flatMap((body) => Array.from(body.rows));
  const columns = head.map((_, index) => index).filter((index) => index > 0 && !head[index]?.hasAttribute("data-skip"));
  return {
    names: rows.map((row) => row.cells[0]?.textContent?.trim() ?? ""),
    links: rows.map((row) => row.cells[0]?.querySelector("a")?.href),
    series: columns.map((index) => ({
      name: head[index]?.textContent?.trim() ?? "",
      values: rows.map((row) => numberOf(row.cells[index])),
    })),
  };
}

function css(name: string, fallback: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || fallback;
}

function option(kind: string, figure: HTMLElement, data: Data): EChartsCoreOption {
  const ink = css("--tblr-body-color", "#182433");
  const line = css("--linli-line", "#dce1e7");
  const small = figure.clientWidth < 480;
  const root = getComputedStyle(document.documentElement);
  const size = Math.round(parseFloat(root.fontSize) * 0.8);
  const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size };
  const base = {
    // Movement tells nothing here, and some people must not have it.
    animation: false,
    // The accent first; the rest differ in lightness too, so that they survive a grey printer.
    color: [
      css("--linli-accent", "#c8161d"),
      css("--tblr-azure", "#1668a8"),
      css("--tblr-yellow", "#7d5700"),
      css("--tblr-teal", "#08705a"),
      css("--tblr-purple", "#8a2da6"),
      css("--tblr-gray-400", "#8a97ab"),
    ],
    textStyle: text,
    // Drawn on the canvas: a tooltip made of HTML would need inline styles, which the page forbids.
    tooltip: { renderMode: "richText", confine: true, trigger: kind === "pie" ? "item" : "axis", textStyle: { fontSize: size } },
    aria: { enabled: true, decal: { show: data.series.length > 1 && kind === "bar" } },
  };
  if (kind === "pie") {
    const values = data.series[0]?.values ?? [];
    return {
      ...base,
      legend: { bottom: 0, type: "scroll", textStyle: text },
      series: [
        {
          type: "pie",
          radius: small ? "60%" : ["35%", "65%"],
          center: ["50%", "44%"],
          label: { show: !small, color: ink, formatter: "{b} {d}%" },
          data: data.names.map((name, index) => ({ name, value: values[index] ?? 0 })),
        },
      ],
    };
  }
  const horizontal = figure.hasAttribute("data-horizontal");
  const names = {
    type: "category",
    data: data.names,
    inverse: horizontal,
    axisLine: { lineStyle: { color: line } },
    axisLabel: { color: ink, fontSize: size, hideOverlap: !horizontal, width: horizontal ? (small ? 96 : 180) : undefined, overflow: "truncate" },
  };
  const values = { type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink, fontSize: size } };
  return {
    ...base,
    legend: data.series.length > 1 ? { top: 0, type: "scroll", textStyle: text } : { show: false },
    grid: { left: 4, right: 16, top: data.series.length > 1 ? 36 : 16, bottom: 4, containLabel: true },
    xAxis: horizontal ? values : names,
    yAxis: horizontal ? names : values,
    series: data.series.map(({ name, values: numbers }) => ({
      type: kind === "line" ? "line" : "bar",
      name,
      data: numbers,
      barMaxWidth: 36,
      symbolSize: 6,
      ...(figure.hasAttribute("data-stack") ? { stack: "all" } : {}),
    })),
  };
}

const drawn = new Map<HTMLElement, EChartsType>();

function draw(figure: HTMLElement): void {
  const table = figure.querySelector("table");
  if (!table || drawn.has(figure)) return;
  const data = read(table);
  if (data.names.length === 0 || data.series.length === 0) return;
  const kind = figure.dataset["chart"] ?? "bar";
  const canvas = document.createElement("div");
  canvas.className = "chart";
  // The table says the same, better: the picture need not be read aloud.
  canvas.setAttribute("aria-hidden", "true");
  if (figure.hasAttribute("data-horizontal")) canvas.style.height = `${Math.max(160, 48 + data.names.length * 30)}px`;
  const caption = figure.querySelector("figcaption");
  if (caption) caption.after(canvas);
  else figure.prepend(canvas);
  const chart = init(canvas, null, { renderer: "canvas" });
  chart.setOption(option(kind, figure, data));
  chart.on("click", (event) => {
    const link = data.links[event.dataIndex];
    if (link) location.assign(link);
  });
  drawn.set(figure, chart);
}

function drawAll(): void {
  document.querySelectorAll<HTMLElement>("figure[data-chart]").forEach(draw);
}

function redraw(): void {
  for (const [figure, chart] of drawn) {
    const table = figure.querySelector("table");
    if (!figure.isConnected || !table) {
      chart.dispose();
      drawn.delete(figure);
      continue;
    }
    chart.resize();
    chart.setOption(option(figure.dataset["chart"] ?? "bar", figure, read(table)), true);
  }
}

let waiting = 0;
window.addEventListener("resize", () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(redraw, 150);
});
// The paper is not as wide as the window.
window.addEventListener("beforeprint", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme", "class"] });
document.addEventListener("htmx:afterSwap", () => {
  redraw();
  drawAll();
});
drawAll();
