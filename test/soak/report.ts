import { type Flatness, judgeFlatness } from "./flatness.ts";

const MiB = 2 ** 20;

/** A line of the probe. */
export interface Sample {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly descriptors: number;
  readonly delayMs: { readonly p99: number; readonly max: number };
  /** Of the process since its start. */
  readonly cpuMs: number;
}

/** Judges every figure that must not grow. */
export function judgeSamples(samples: readonly Sample[]): Flatness[] {
  const series = (name: string, unit: string, of: (sample: Sample) => number, by: number, share: number) =>
    judgeFlatness({ name, unit, values: samples.map(of), mayGrow: { by, share } });
  return [
    series("resident memory", "MiB", ({ rss }) => rss / MiB, 64, 0.25),
    series("heap after a collection", "MiB", ({ heapUsed }) => heapUsed / MiB, 12, 0.15),
    series("buffers after a collection", "MiB", ({ external }) => external / MiB, 48, 0.5),
    series("file descriptors", "", ({ descriptors }) => descriptors, 24, 0.25),
    series("event loop delay, 99th percentile", "ms", ({ delayMs }) => delayMs.p99, 25, 0.5),
  ];
}

export function tableOf(figures: readonly Flatness[]): string[] {
  const rows = figures.map(({ name, unit, thirds, allowed, isFlat }) => {
    const cells = [...thirds, allowed].map((value) => value.toFixed(1)).join(" | ");
    return `| ${unit === "" ? name : `${name}, ${unit}`} | ${cells} | ${isFlat ? "flat" : "GROWS"} |`;
  });
  return [
    "| figure | first third | second third | last third | allowed | |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
}

/** The share of a core that the server used. */
export function coreShare(samples: readonly Sample[]): number {
  const [first, last] = [samples.at(0), samples.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0;
  return (last.cpuMs - first.cpuMs) / (last.atMs - first.atMs);
}
