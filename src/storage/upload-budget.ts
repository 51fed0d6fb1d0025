import { ValetKeyError } from "../errors.ts";

export interface UploadBudgetOptions {
  /** What all uploads of the process may hold in memory together. */
  readonly totalBytes: number;
  /** How long one may wait for its share. */
  readonly maxWaitMs?: number | undefined;
}

/** A share of the budget, until it is released. */
export interface Reservation {
  readonly bytes: number;
  /** Once is enough; more does no harm. */
  release(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly grant: (reservation: Reservation) => void;
}

/**
 * The memory that uploads through the server may take, shared first come, first served.
 *
 * An upload asks for one part's bytes at a time and, while it waits, holds only parts that are on their
 * way to S3. So a share always comes free again, whoever waits, and a slow client holds one part.
 */
export class UploadBudget {
  readonly totalBytes: number;
  readonly #maxWaitMs: number;
  readonly #waiters = new Set<Waiter>();
  #freeBytes: number;

  constructor({ totalBytes, maxWaitMs = 30_000 }: UploadBudgetOptions) {
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 1)
      throw new RangeError("totalBytes is a positive integer.");
    this.totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
    this.#maxWaitMs = maxWaitMs;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Waits for its turn. More than the whole budget is granted when nobody else holds any.
   *
   * @throws {ValetKeyError} OVERLOADED after the wait limit; the signal's reason when it is aborted
   */
  reserve(bytes: number, signal?: AbortSignal | undefined): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const leave = (reason: unknown) => {
        settle();
        reject(reason);
        // Whoever stood behind may fit where this one did not.
        this.#grantInTurn();
      };
      const onAbort = () => leave(signal?.reason);
      const waiter: Waiter = {
        bytes: Math.min(bytes, this.totalBytes),
        grant: (reservation) => {
          settle();
          resolve(reservation);
        },
      };
      const timer = setTimeout(() => leave(overloaded()), this.#maxWaitMs);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiters.delete(waiter);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#grantInTurn();
    });
  }

  #grantInTurn(): void {
    for (const waiter of this.#waiters) {
      if (waiter.bytes > this.#freeBytes) return;
      waiter.grant(this.#take(waiter.bytes));
    }
  }

  #take(bytes: number): Reservation {
    this.#freeBytes -= bytes;
    let isHeld = true;
    return {
      bytes,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#freeBytes += bytes;
        this.#grantInTurn();
      },
    };
  }
}

function overloaded(): ValetKeyError {
  return new ValetKeyError("OVERLOADED", "Too many uploads are under way. Try again later.");
}
