import { ratios, summary } from "./rounds.mjs";

/**
 * @typedef {object} Section what one file of rows/ measured
 * @property {string} title
 * @property {string} unit of every figure
 * @property {Record<string, number[]>} figures by name, one a round
 * @property {Comparison[]} comparisons
 *
 * @typedef {object} Comparison
 * @property {string} of
 * @property {string} to
 * @property {number} [atLeast] the bar
 * @property {number} [atMost] the bar
 */

/** @param {Section[]} sections */
export function markdown(sections) {
  const lines = [
    "| measured | figure | compared with | figure | ratio (min to max) | goal | |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const section of sections) {
    lines.push(`| **${section.title}** | | | | | | |`);
    for (const comparison of section.comparisons) lines.push(row(section, comparison));
  }
  return lines.join("\n");
}

function row({ figures, unit }, { of, to, atLeast, atMost }) {
  const ratio = summary(ratios(figures[of], figures[to]));
  const cells = [
    of,
    `${number(summary(figures[of]).median)} ${unit}`,
    to,
    `${number(summary(figures[to]).median)} ${unit}`,
    `**${number(ratio.median)}** (${number(ratio.least)} to ${number(ratio.most)})`,
    bar(atLeast, atMost),
    verdict(ratio.median, atLeast, atMost),
  ];
  return `| ${cells.join(" | ")} |`;
}

function bar(atLeast, atMost) {
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  return atMost === undefined ? "" : `≤ ${atMost}`;
}

function verdict(ratio, atLeast = 0, atMost = Number.POSITIVE_INFINITY) {
  if (ratio < atLeast) return `missed by ${percent(1 - ratio / atLeast)}`;
  if (ratio > atMost) return `missed by ${percent(ratio / atMost - 1)}`;
  return atLeast === 0 && atMost === Number.POSITIVE_INFINITY ? "" : "met";
}

const percent = (share) => `${Math.max(1, Math.round(share * 100))} %`;

/** Three significant digits, thousands apart: 0.812, 6.51, 4,870. */
function number(value) {
  const digits = value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return new Intl.NumberFormat("en", digits).format(value);
}
