/**
 * Waits until an operation with this many values may run. Undefined means that it may run at once. An operation that has
 * been admitted may call it again. It never waits then, and the last number counts.
 */
export type Admit = (values: number) => Promise<void> | undefined;

interface RunningOperation {
  values: number;
  isAdmitted: boolean;
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
    const running: RunningOperation = { values: 0, isAdmitted: false, start: undefined };
    try {
      return await operation((values) => this.#admit(running, values));
    } finally {
      // An operation that fails while it waits never started.
      if (!this.#waiting.delete(running)) this.#running -= running.values;
      this.#startNext();
    }
  }

  #admit(operation: RunningOperation, values: number): Promise<void> | undefined {
    const before = operation.values;
    // An operation that exceeds the limit by itself runs alone.
    operation.values = Math.min(values, this.#max);
    if (operation.isAdmitted) {
      // Those that wait may wait for this very operation, so it must not wait behind them.
      this.#running += operation.values - before;
      this.#startNext();
      return undefined;
    }
    if (this.#waiting.size === 0 && this.#fits(operation)) {
      this.#start(operation);
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
      this.#start(operation);
      operation.start?.();
    }
  }

  #start(operation: RunningOperation): void {
    operation.isAdmitted = true;
    this.#running += operation.values;
  }

  #fits({ values }: RunningOperation): boolean {
    return this.#running + values <= this.#max;
  }
}
