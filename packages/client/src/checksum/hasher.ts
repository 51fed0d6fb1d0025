import { abortedError, fileChangedError } from "../core/errors.ts";
import { createCrc } from "./crc.ts";
import { crcOfBlob, startWorker, type WorkerRequest, type WorkerResponse } from "./worker.ts";

/** A worker that has not responded by then never will: this thread computes instead. */
const workerTimeoutMs = 300_000;

/**
 * Computes one CRC at a time in a worker. Without one, it computes in this thread, which it never holds up for more than some
 * milliseconds, because each piece is read asynchronously.
 */
export class Hasher {
  #worker: Worker | undefined = startWorker();
  #isClosed = false;
  /** Ends the wait for the worker. */
  #end: (response?: WorkerResponse) => void = () => {};

  /** @throws {ValetKeyError} FILE_CHANGED if the blob cannot be read, ABORTED */
  async hash(request: WorkerRequest): Promise<bigint> {
    const response = this.#isClosed || !this.#worker ? undefined : await this.#ask(this.#worker, request);
    if (this.#isClosed) throw abortedError();
    if (response === undefined) return await crcOfBlob(request, createCrc).catch(throwFileChanged);
    return response ?? throwFileChanged();
  }

  /** A hash that is under way ends with ABORTED. */
  close(): void {
    this.#isClosed = true;
    this.#worker?.terminate();
    this.#end();
  }

  /** Returns undefined if the worker does not work: a Content-Security-Policy may refuse it only now. */
  #ask(worker: Worker, request: WorkerRequest): Promise<WorkerResponse | undefined> {
    return new Promise((resolve) => {
      const giveUp = () => {
        worker.terminate();
        this.#worker = undefined;
        this.#end();
      };
      const timer = setTimeout(giveUp, workerTimeoutMs);
      this.#end = (response) => {
        clearTimeout(timer);
        resolve(response);
      };
      worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => this.#end(data);
      worker.onerror = (event) => {
        event.preventDefault();
        giveUp();
      };
      worker.postMessage(request);
    });
  }
}

function throwFileChanged(cause?: unknown): never {
  throw fileChangedError(cause);
}
