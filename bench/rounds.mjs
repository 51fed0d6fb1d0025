import { setTimeout as sleep } from "node:timers/promises";

/**
 * Measures every contender once a round, one after the other, so that what the machine does besides hits
 * all of them. Every other round runs backwards: none always follows the same neighbour.
 * @param {number} rounds
 * @param {Record<string, () => Promise<number>>} contenders
 * @param {(line: string) => void} log
 * @returns {Promise<Record<string, number[]>>} by contender, one figure a round
 */
export async function interleave(rounds, contenders, log) {
  const figures = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const order = Object.keys(contenders);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? order : order.toReversed()) {
      const figure = await contenders[name]();
      figures[name][round] = figure;
      log(`round ${round + 1}/${rounds}  ${name}: ${figure.toPrecision(4)}`);
      await sleep(100);
    }
  }
  return figures;
}

/** @param {number[]} figures */
export function summary(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, least: sorted[0], most: sorted[sorted.length - 1] };
}

/** Round by round: both sides of a ratio were measured within seconds of each other. */
export function ratios(figures, against) {
  return figures.map((figure, round) => figure / against[round]);
}
