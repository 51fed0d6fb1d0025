import type { IncomingMessage } from "node:http";
import { ThroughputMonitor } from "./throughput-monitor.ts";
import type { UploadShare } from "./upload-rate.ts";

export interface BodyPaceOptions {
  /** How long a client may send nothing while the server waits for bytes. Default: 30,000. */
  idleTimeoutMs?: number | undefined;
  /** The minimum rate of the client, averaged over `idleTimeoutMs`. Default: 1,024. */
  minBytesPerSecond?: number | undefined;
}

export interface BodyFlowOptions extends BodyPaceOptions {
  /** Called when the client is too slow. */
  readonly onStall: () => void;
  /** The maximum rate of the client. Default: none. */
  readonly share?: UploadShare | undefined;
}

/**
 * Decides when a request's body is read. It is not read while its reader has no room, nor while the caller's rate does not
 * allow more, and the client may be slow meanwhile: only the time in which the server waits for bytes counts.
 */
export class BodyFlow {
  readonly #request: IncomingMessage;
  readonly #share: UploadShare | undefined;
  readonly #throughput: ThroughputMonitor;
  #hasRoom = true;
  #rateTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(request: IncomingMessage, options: BodyFlowOptions) {
    const { idleTimeoutMs = 30_000, minBytesPerSecond = 1024, onStall, share } = options;
    this.#request = request;
    this.#share = share;
    this.#throughput = new ThroughputMonitor({ idleTimeoutMs, minBytesPerSecond, onStall });
  }

  /** Call this after the listener for data was added, which makes the body flow. */
  start(): void {
    this.#throughput.resume();
    this.#waitForRate(0);
  }

  /** Call this with the length of each chunk. */
  received(bytes: number): void {
    this.#throughput.received(bytes);
    this.#waitForRate(bytes);
  }

  /** Call this when the reader has no room. */
  pause(): void {
    this.#hasRoom = false;
    this.#stopReading();
  }

  /** Call this when the reader has room again. */
  resume(): void {
    this.#hasRoom = true;
    this.#continueReading();
  }

  /** Call this when the body has arrived, or is of no interest any more. The request stays as it is. */
  stop(): void {
    this.#isOver = true;
    this.#throughput.pause();
    clearTimeout(this.#rateTimer);
  }

  #waitForRate(bytes: number): void {
    const waitMs = this.#share?.received(bytes) ?? 0;
    if (waitMs === 0 || this.#isOver) return;
    this.#stopReading();
    clearTimeout(this.#rateTimer);
    this.#rateTimer = setTimeout(() => {
      this.#rateTimer = undefined;
      this.#continueReading();
    }, Math.ceil(waitMs));
  }

  #stopReading(): void {
    this.#request.pause();
    this.#throughput.pause();
  }

  #continueReading(): void {
    if (this.#isOver || !this.#hasRoom || this.#rateTimer !== undefined) return;
    this.#request.resume();
    this.#throughput.resume();
  }
}
