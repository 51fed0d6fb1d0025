import { ValetKeyError } from "@valetkey/client";
import { GraphQLFailure } from "../support/graphql-client.ts";

/** An action that ended early because the load itself disconnected, or left something behind. */
export class OnPurpose extends Error {}

/** A presigned request that the store refused or did not answer, after the client's attempts. */
export class StoreFailure extends Error {}

/** Something that must never happen. */
export class Violation extends Error {}

const maxActionMs = 300_000;
const maxViolations = 200;

/** Counts how actions ended, and keeps what must never happen. */
export class Outcomes {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly violations: string[] = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  report(violation: string): void {
    if (this.violations.length >= maxViolations) return;
    this.violations.push(violation);
    this.#log(`FINDING at ${new Date().toISOString()}: ${violation}`);
  }

  /** Runs one action, whose request is valid: it has to succeed, or to fail with an error that says that it may be repeated. */
  async run(name: string, action: () => Promise<unknown>): Promise<void> {
    const ended = await withinTime(action).then(
      () => "success",
      (error: unknown) => this.#outcomeOf(name, error),
    );
    const counts = this.#counts.get(name) ?? new Map<string, number>();
    counts.set(ended, (counts.get(ended) ?? 0) + 1);
    this.#counts.set(name, counts);
  }

  #outcomeOf(name: string, error: unknown): string {
    if (error instanceof OnPurpose) return "ended on purpose";
    if (error instanceof StoreFailure) return "store failed";
    if (error instanceof GraphQLFailure || error instanceof ValetKeyError) {
      const { code, retryable, message } = error;
      if (code !== undefined && retryable === true && code !== "INTERNAL_SERVER_ERROR") return code;
      this.report(`${name}: ${code}, retryable: ${retryable}: ${message}`);
      return `${code}, not retryable`;
    }
    const { stack, cause } = error as Error;
    this.report(`${name}: ${stack ?? error}${cause === undefined ? "" : `\n  caused by ${String(cause)}`}`);
    return "violation";
  }

  get total(): number {
    return [...this.#counts.values()].flatMap((counts) => [...counts.values()]).reduce((a, b) => a + b, 0);
  }

  /** "name: n success, m STORAGE_UNAVAILABLE" of each action. */
  lines(): string[] {
    return [...this.#counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, counts]) => {
        const parts = [...counts]
          .toSorted(([, a], [, b]) => b - a)
          .map(([ended, count]) => `${count} ${ended}`);
        return `${name}: ${parts.join(", ")}`;
      });
  }
}

async function withinTime(action: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Violation("The action did not end.")), maxActionMs);
  });
  try {
    await Promise.race([action(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
