/** A figure of the server that was sampled at regular intervals. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** What the figure may grow by: the larger one of a number in its unit, and a share of where it began. */
  readonly mayGrow: { readonly by: number; readonly share: number };
}

export interface Flatness {
  readonly name: string;
  readonly unit: string;
  /** The medians of the three thirds. */
  readonly thirds: readonly [number, number, number];
  readonly allowed: number;
  readonly isFlat: boolean;
}

/** The share of the samples that belongs to the warm-up: compiled code, pools and caches still grow in it. */
const warmUpShare = 0.2;

/**
 * Whether a figure has not grown: the median of the last third may be higher than that of the first one by what the series
 * may grow by. Medians ignore single peaks, and what leaks a little with each request grows from third to third.
 *
 * @throws {Error} if there are too few samples
 */
export function judgeFlatness({ name, unit, values, mayGrow }: Series): Flatness {
  const warm = values.slice(Math.ceil(values.length * warmUpShare));
  if (warm.length < 6) throw new Error(`${name} has only ${warm.length} samples after the warm-up.`);
  const third = warm.length / 3;
  const [first, second, last] = [0, 1, 2].map((index) =>
    median(warm.slice(Math.floor(index * third), Math.floor((index + 1) * third))),
  ) as [number, number, number];
  const allowed = first + Math.max(mayGrow.by, first * mayGrow.share);
  return { name, unit, thirds: [first, second, last], allowed, isFlat: last <= allowed };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
