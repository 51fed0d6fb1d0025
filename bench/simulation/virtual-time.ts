import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";

interface Timer {
  readonly atMs: number;
  readonly number: number;
  readonly run: () => void;
}

const realSetImmediate = setImmediate;
/** Ends when everything that can run without a timer has run. */
const settled = () => new Promise<void>((resolve) => realSetImmediate(resolve));

/**
 * A clock that moves only when it is told to. While it is installed, the timers and clocks that the pool of sessions uses
 * are virtual, and Math.random is seeded. Timers run in the order of their times.
 */
export class VirtualTime {
  nowMs = 0;
  readonly #heap: Timer[] = [];
  #started = 0;

  readonly now = (): number => this.nowMs;

  /** Replaces timers and clocks of the process, until the returned function is called. */
  install(random: () => number): () => void {
    const original = {
      sleep: timersPromises.setTimeout,
      setInterval: globalThis.setInterval,
      clearInterval: globalThis.clearInterval,
      random: Math.random,
    };
    const setSleep = (sleep: unknown) => {
      Object.assign(timersPromises, { setTimeout: sleep });
      syncBuiltinESMExports();
    };
    setSleep(this.sleep);
    Object.assign(globalThis, { setInterval: this.#setInterval, clearInterval: this.#clearInterval });
    Object.defineProperty(performance, "now", { value: this.now, configurable: true });
    Math.random = random;
    return () => {
      setSleep(original.sleep);
      Object.assign(globalThis, {
        setInterval: original.setInterval,
        clearInterval: original.clearInterval,
      });
      Reflect.deleteProperty(performance, "now");
      Math.random = original.random;
    };
  }

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => this.#start(ms, resolve));

  /** Runs the timers that are due until then. */
  async advanceTo(ms: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= ms; next = this.#heap[0]) {
      this.#removeFirst();
      this.nowMs = next.atMs;
      next.run();
      await settled();
    }
    this.nowMs = ms;
  }

  /** Runs what was started now, up to its first timer. */
  async settle(): Promise<void> {
    await settled();
  }

  readonly #setInterval = (run: () => void, ms: number) => {
    const interval = { isCleared: false };
    const tick = () => {
      if (interval.isCleared) return;
      run();
      this.#start(ms, tick);
    };
    this.#start(ms, tick);
    return interval;
  };

  readonly #clearInterval = (interval: { isCleared: boolean } | undefined) => {
    if (interval !== undefined) interval.isCleared = true;
  };

  #start(ms: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ atMs: this.nowMs + ms, number: this.#started++, run });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    heap.pop();
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (left < heap.length && this.#isBefore(left, first)) first = left;
      if (right < heap.length && this.#isBefore(right, first)) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

/** Seeded random numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
