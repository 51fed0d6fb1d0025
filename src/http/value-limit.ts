/**
 * Waits until an operation with this many values may run. Undefined means that it may run at once. An operation may call
 * it again, once it runs: the last number counts.
 */
export type Admit = (values: number) => Promise<void> | undefined;

interface RunningOperation {
  values: number;
  /** Set while the operation waits. */
  start: (() => void) | undefined;
}

/** Limits the values of all operations that run at the same time. The others wait in order. */
export class ValueLimit {
  readonly #max: number;
  readonly #waiting = new Set<RunningOperation>();
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs an operation, which calls `admit` before its expensive part. */
  async run<Result>(operation: (admit: Admit) => Promise<Result>): Promise<Result> {
    const running: RunningOperation = { values: 0, start: undefined };
    try {
      return await operation((values) => this.#admit(running, values));
    } finally {
      // An operation that fails while it waits never started.
      if (!this.#waiting.delete(running)) this.#running -= running.values;
      this.#startNext();
    }
  }

  #admit(operation: RunningOperation, values: number): Promise<void> | undefined {
    this.#running -= operation.values;
    // An operation that exceeds the limit by itself runs alone.
    operation.values = Math.min(values, this.#max);
    if (this.#waiting.size === 0 && this.#fits(operation)) {
      this.#running += operation.values;
      return undefined;
    }
    this.#waiting.add(operation);
    return new Promise((resolve) => {
      operation.start = resolve;
    });
  }

  #startNext(): void {
    for (const operation of this.#waiting) {
      if (!this.#fits(operation)) return;
      this.#waiting.delete(operation);
      this.#running += operation.values;
      operation.start?.();
    }
  }

  #fits({ values }: RunningOperation): boolean {
    return this.#running + values <= this.#max;
  }
}
