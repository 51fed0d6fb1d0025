import { ValetKeyError } from "../../core/errors.ts";

export interface UploadBudgetOptions {
  /** What all uploads of the process may hold in memory together. */
  readonly totalBytes: number;
  /** How long one may wait for its share. */
  readonly maxWaitMs?: number | undefined;
  /** How long one may take to fill its share while another waits. */
  readonly maxFillMs?: number | undefined;
}

export interface ReserveOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** Whether an upload that has begun stands still without it: while it does, it comes before all others. */
  readonly isUrgent?: (() => boolean) | undefined;
  /**
   * The share was not filled in time, and another waits: release it.
   * @param reason OVERLOADED
   */
  readonly onWantedBack: (reason: ValetKeyError) => void;
}

/** A share of the budget, until it is released. */
export interface Reservation {
  /** The memory itself: as much as was asked for, not cleared. */
  readonly buffer: Buffer;
  /** What it is for is in it: from now on it is not wanted back. */
  markFilled(): void;
  /**
   * Once is enough; more does no harm.
   * @param mayReuse false when something may still read from the buffer, such as a request that failed
   */
  release(mayReuse?: boolean): void;
}

interface Waiter extends ReserveOptions {
  readonly bytes: number;
  readonly grant: () => void;
}

/** A share that a client is filling, at its own pace. */
interface Filling {
  readonly bytes: number;
  readonly sinceMs: number;
  readonly onWantedBack: (reason: ValetKeyError) => void;
  isWantedBack: boolean;
}

/** Smaller buffers are not worth keeping; larger ones are multiples of it, so that they fit the next one. */
const minSpareBytes = 1024 ** 2;
const keepSpareMs = 10_000;

/**
 * The memory that uploads through the server may take: first come, first served, but for those that have
 * begun and hold none.
 *
 * An upload asks for one part's bytes at a time and, while it waits, holds only parts that are on their
 * way to S3, which come free by themselves. A share that a client fills comes free at the client's pace:
 * while somebody waits, it is wanted back after a while. So a share always comes free, whoever waits.
 * Buffers are used again: left to the garbage collector, they would take several times the budget.
 */
export class UploadBudget {
  readonly totalBytes: number;
  readonly #maxWaitMs: number;
  readonly #maxFillMs: number;
  readonly #waiters = new Set<Waiter>();
  /** In the order in which they were granted. */
  readonly #filling = new Set<Filling>();
  readonly #spares: Buffer[] = [];
  #freeBytes: number;
  #wantBackTimer: NodeJS.Timeout | undefined;
  #forgetTimer: NodeJS.Timeout | undefined;

  constructor({ totalBytes, maxWaitMs = 30_000, maxFillMs = 20_000 }: UploadBudgetOptions) {
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 1) {
      throw new RangeError("totalBytes is a positive integer.");
    }
    this.totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
    this.#maxWaitMs = maxWaitMs;
    this.#maxFillMs = maxFillMs;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Waits for its turn. More than the whole budget is granted when nobody else holds any.
   *
   * @throws {ValetKeyError} OVERLOADED after the wait limit; the signal's reason when it is aborted
   */
  reserve(bytes: number, options: ReserveOptions): Promise<Reservation> {
    const { signal } = options;
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
        ...options,
        bytes: bytes < minSpareBytes ? bytes : Math.ceil(bytes / minSpareBytes) * minSpareBytes,
        grant: () => {
          settle();
          // What has no memory is no share: a failure here is this waiter's alone.
          try {
            resolve(this.#take(waiter, bytes));
          } catch (error) {
            reject(error);
          }
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
    clearTimeout(this.#wantBackTimer);
    for (const waiter of this.#inTurn()) {
      const missingBytes = Math.min(waiter.bytes, this.totalBytes) - this.#freeBytes;
      if (missingBytes > 0) {
        this.#wantBack(missingBytes);
        return;
      }
      waiter.grant();
    }
  }

  #inTurn(): Waiter[] {
    const waiters = [...this.#waiters];
    const urgent = waiters.filter(({ isUrgent }) => isUrgent?.());
    return [...urgent, ...waiters.filter((waiter) => !urgent.includes(waiter))];
  }

  /** From those that have been filling for too long; the longest first, and no more of them than it takes. */
  #wantBack(missingBytes: number): void {
    const late: Filling[] = [];
    for (const filling of this.#filling) {
      const msLeft = filling.sinceMs + this.#maxFillMs - performance.now();
      if (missingBytes <= 0) break;
      if (msLeft > 0) {
        this.#wantBackTimer = setTimeout(() => this.#grantInTurn(), Math.ceil(msLeft)).unref();
        break;
      }
      missingBytes -= filling.bytes;
      if (!filling.isWantedBack) late.push(filling);
    }
    for (const filling of late) {
      filling.isWantedBack = true;
      filling.onWantedBack(overloaded());
    }
  }

  #take({ bytes, onWantedBack }: Waiter, askedBytes: number): Reservation {
    const buffer = this.#takeBuffer(bytes);
    const share = Math.min(bytes, this.totalBytes);
    this.#freeBytes -= share;
    const filling = { bytes: share, sinceMs: performance.now(), onWantedBack, isWantedBack: false };
    this.#filling.add(filling);
    const markFilled = () => this.#filling.delete(filling);
    let isHeld = true;
    return {
      buffer: buffer.subarray(0, askedBytes),
      markFilled,
      release: (mayReuse = true) => {
        if (!isHeld) return;
        isHeld = false;
        markFilled();
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
    const freeBytes = this.#freeBytes - bytes;
    while (spareBytes > freeBytes && this.#spares.length > 0) {
      spareBytes -= this.#spares.shift()?.length ?? 0;
    }
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
