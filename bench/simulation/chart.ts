export interface Series {
  readonly label: string;
  /** As a line. */
  readonly line: readonly Point[];
  /** As dots. */
  readonly dots?: readonly Point[];
  /** How far the label is moved from the end of the line, in pixels. */
  readonly labelShift?: number;
}

export type Point = readonly [x: number, y: number];

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  /** Powers of ten, or values between them. */
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly series: readonly Series[];
  /** A horizontal line that means a limit. */
  readonly limit?: { readonly y: number; readonly label: string };
}

const [width, height] = [720, 360];
const plot = { left: 64, right: 560, top: 44, bottom: 312 };
/** Readable on white and on black. */
const colors = ["#0a7ea4", "#b5651d", "#7d4fc4", "#2c8a4b", "#8a6d00"];

/** A chart with two logarithmic axes as SVG. */
export function logChart({ title, xLabel, xTicks, yTicks, series, limit }: ChartOptions): string {
  const x = scale(xTicks, plot.left, plot.right);
  const y = scale(yTicks, plot.bottom, plot.top);
  const lines: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    "<style>",
    "text { font: 13px system-ui, sans-serif; fill: #24292f }",
    ".title { font-weight: 600; font-size: 15px }",
    ".grid { stroke: #8c959f; stroke-opacity: 0.35 }",
    ".limit { stroke: #d1242f; stroke-width: 2; stroke-dasharray: 6 4 }",
    ".series { fill: none; stroke-width: 2 }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .limit { stroke: #ff7b72 } }",
    "</style>",
    `<text class="title" x="${plot.left}" y="22">${title}</text>`,
    ...yTicks.flatMap((tick) => [
      `<path class="grid" d="M${plot.left} ${y(tick)}H${plot.right}"/>`,
      `<text x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${short(tick)}</text>`,
    ]),
    ...xTicks.flatMap((tick) => [
      `<path class="grid" d="M${x(tick)} ${plot.top}V${plot.bottom}"/>`,
      `<text x="${x(tick)}" y="${plot.bottom + 18}" text-anchor="middle">${short(tick)}</text>`,
    ]),
    `<text x="${(plot.left + plot.right) / 2}" y="${height - 8}" text-anchor="middle">${xLabel}</text>`,
  ];
  if (limit !== undefined) {
    lines.push(`<path class="limit" d="M${plot.left} ${y(limit.y)}H${plot.right}"/>`);
    lines.push(`<text x="${plot.right - 6}" y="${y(limit.y) + 16}" text-anchor="end">${limit.label}</text>`);
  }
  for (const [index, { label, line, dots = [], labelShift = 0 }] of series.entries()) {
    const color = colors[index % colors.length];
    const path = line.map(([px, py], step) => `${step === 0 ? "M" : "L"}${x(px)} ${y(py)}`).join("");
    const [, lastY] = line.at(-1) ?? [0, 1];
    lines.push(`<g stroke="${color}" fill="${color}">`);
    lines.push(`<path class="series" d="${path}"/>`);
    for (const [px, py] of dots) lines.push(`<circle cx="${x(px)}" cy="${y(py)}" r="4"/>`);
    lines.push("</g>");
    const labelY = y(lastY) + 4 + labelShift;
    lines.push(`<circle cx="${plot.right + 12}" cy="${labelY - 4}" r="4" fill="${color}"/>`);
    lines.push(`<text x="${plot.right + 22}" y="${labelY}">${label}</text>`);
  }
  return `${[...lines, "</svg>"].join("\n")}\n`;
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(Math.min(...ticks)), Math.log10(Math.max(...ticks))];
  return (value) => Math.round((from + ((Math.log10(value) - low) / (high - low)) * (to - from)) * 10) / 10;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : `${value}`;
}
