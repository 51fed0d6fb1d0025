import type { Clock } from "../src/core/clock.ts";

/** A clock that moves only when a test says so. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #sleeping = new Set<{ untilMs: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { untilMs: this.#now + ms, wake: resolve };
      this.#sleeping.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleeping.delete(sleeper);
        resolve();
      });
    });
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#sleeping.size;
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of this.#sleeping) {
      if (sleeper.untilMs > this.#now) continue;
      this.#sleeping.delete(sleeper);
      sleeper.wake();
    }
    await settle();
  }
}

/** Lets everything run that waits for nothing but other promises. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A clock whose sleeps end at once, after moving the time forward. */
export class ImpatientClock implements Clock {
  /** The length of each sleep so far. */
  readonly sleeps: number[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.#now += ms;
  }
}
