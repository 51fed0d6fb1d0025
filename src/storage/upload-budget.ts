import { ValetKeyError } from "../errors.ts";

export interface UploadBudgetOptions {
  /** What all uploads of the process may hold in memory together. */
  readonly totalBytes: number;
  /** How long one may wait for its share. */
  readonly maxWaitMs?: number | undefined;
}

/** A share of the budget, until it is released. */
export interface Reservation {
  /** The memory itself: as much as was asked for, not cleared. */
  readonly buffer: Buffer;
  /**
   * Once is enough; more does no harm.
   * @param mayReuse false when something may still read from the buffer, such as a request that failed
   */
  release(mayReuse?: boolean): void;
}

interface Waiter {
  readonly bytes: number;
  readonly grant: (reservation: Reservation) => void;
}

/** Smaller buffers are not worth keeping. */
const minSpareBytes = 1024 ** 2;
const keepSpareMs = 10_000;

/**
 * The memory that uploads through the server may take, shared first come, first served.
 *
 * An upload asks for one part's bytes at a time and, while it waits, holds only parts that are on their
 * way to S3. So a share always comes free again, whoever waits, and a slow client holds one part.
 * Buffers are used again: left to the garbage collector, they would take several times the budget.
 */
export class UploadBudget {
  readonly totalBytes: number;
  readonly #maxWaitMs: number;
  readonly #waiters = new Set<Waiter>();
  readonly #spares: Buffer[] = [];
  #freeBytes: number;
  #forgetTimer: NodeJS.Timeout | undefined;

  constructor({ totalBytes, maxWaitMs = 30_000 }: UploadBudgetOptions) {
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 1) {
      throw new RangeError("totalBytes is a positive integer.");
    }
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
        bytes,
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
      if (Math.min(waiter.bytes, this.totalBytes) > this.#freeBytes) return;
      waiter.grant(this.#take(waiter.bytes));
    }
  }

  #take(bytes: number): Reservation {
    const share = Math.min(bytes, this.totalBytes);
    this.#freeBytes -= share;
    const buffer = this.#takeBuffer(bytes);
    let isHeld = true;
    return {
      buffer,
      release: (mayReuse = true) => {
        if (!isHeld) return;
        isHeld = false;
        this.#freeBytes += share;
        if (mayReuse && bytes >= minSpareBytes && bytes === share) this.#keep(buffer);
        this.#grantInTurn();
      },
    };
  }

  #takeBuffer(bytes: number): Buffer {
    clearTimeout(this.#forgetTimer);
    const index = this.#spares.findIndex(({ length }) => length === bytes);
    if (index >= 0) return this.#spares.splice(index, 1)[0] ?? Buffer.allocUnsafeSlow(bytes);
    // What is kept for later is taken from what is free.
    let spareBytes = this.#spares.reduce((sum, { length }) => sum + length, 0);
    while (spareBytes > this.#freeBytes) spareBytes -= this.#spares.shift()?.length ?? spareBytes;
    return Buffer.allocUnsafeSlow(bytes);
  }

  #keep(buffer: Buffer): void {
    this.#spares.push(buffer);
    if (this.#freeBytes < this.totalBytes) return;
    clearTimeout(this.#forgetTimer);
    this.#forgetTimer = setTimeout(() => this.#spares.splice(0), keepSpareMs).unref();
  }
}

function overloaded(): ValetKeyError {
  return new ValetKeyError("OVERLOADED", "Too many uploads are under way. Try again later.");
}
