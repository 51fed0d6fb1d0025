import { ValetKeyError } from "../../core/errors.ts";
import { SpareBuffers } from "./spare-buffers.ts";

export interface UploadBudgetOptions {
  /** The maximum memory of all uploads of the process together. */
  readonly totalBytes: number;
  /** How long an upload may wait for its share. */
  readonly maxWaitMs?: number | undefined;
  /** How long an upload may take to fill its share while another one waits. */
  readonly maxFillMs?: number | undefined;
}

export interface ReserveOptions {
  /** Cancels the wait. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the upload has begun and has no part in flight. While that is so, it is served before all others. */
  readonly isUrgent?: (() => boolean) | undefined;
  /**
   * Called if the share was not filled in time and another upload waits. The share has to be released.
   * @param reason OVERLOADED
   */
  readonly onWantedBack: (reason: ValetKeyError) => void;
}

/** A share of the budget, until it is released. */
export interface Reservation {
  /** The memory itself, as large as requested and not cleared. */
  readonly buffer: Buffer;
  /** Call this when the share is filled. It is no longer wanted back then. */
  markFilled(): void;
  /**
   * May be called more than once.
   * @param mayReuse `false` if something may still read from the buffer, such as a request that failed
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

/**
 * The memory that uploads through the server may use. It is granted in the order of the requests, except that uploads
 * which have begun and are blocked come first.
 *
 * An upload reserves the bytes of one part at a time. While it waits, it holds only parts that are being sent to S3,
 * and these are released without its help. A share that a client is filling depends on the client's pace. If another
 * upload waits, the share is wanted back after a while. Therefore no upload waits forever.
 */
export class UploadBudget {
  readonly totalBytes: number;
  readonly #maxWaitMs: number;
  readonly #maxFillMs: number;
  readonly #waiters = new Set<Waiter>();
  /** In the order in which the shares were granted. */
  readonly #filling = new Set<Filling>();
  readonly #spares = new SpareBuffers();
  #freeBytes: number;
  #wantBackTimer: NodeJS.Timeout | undefined;

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
   * Waits for memory. More than the whole budget is granted once no other upload holds any.
   *
   * @throws {ValetKeyError} OVERLOADED after the wait limit, or the reason of the signal if it is aborted
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
        // A smaller request after this one may fit.
        this.#grantInTurn();
      };
      const onAbort = () => leave(signal?.reason);
      const waiter: Waiter = {
        ...options,
        bytes: SpareBuffers.roundedSize(bytes),
        grant: () => {
          settle();
          // If memory cannot be allocated, only this upload fails.
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

  /** Asks the uploads that take longest to fill their shares to release them, and no more of them than necessary. */
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
    // Spare buffers may keep only memory that is free.
    const buffer = this.#spares.take(bytes, this.#freeBytes - bytes);
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
        if (mayReuse && bytes === share) this.#spares.keep(buffer, this.#freeBytes === this.totalBytes);
        this.#grantInTurn();
      },
    };
  }
}

function overloaded(): ValetKeyError {
  return new ValetKeyError("OVERLOADED", "Too many uploads are in progress. Try again later.");
}
