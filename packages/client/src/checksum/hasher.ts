import { abortedError, fileChangedError } from "../core/errors.ts";
import { type Crc, createCrc } from "./crc.ts";
import { crcOfBlob, startWorker, type WorkerRequest, type WorkerResponse } from "./worker.ts";

/** A worker that has not responded by then never will: this thread computes instead. */
const workerTimeoutMs = 300_000;

/** A worker, or this thread: each piece is read asynchronously, so it never computes for more than some milliseconds. */
export class Hasher {
  #worker: Worker | undefined = startWorker();
  readonly #closed = new AbortController();

  /** @throws {ValetKeyError} FILE_CHANGED if the blob cannot be read, ABORTED */
  async hash(request: WorkerRequest): Promise<Crc> {
    if (this.#closed.signal.aborted) throw abortedError();
    const response = this.#worker === undefined ? undefined : await this.#ask(this.#worker, request);
    if (this.#closed.signal.aborted) throw abortedError();
    if (response !== undefined) {
      if ("unreadable" in response) throw fileChangedError();
      return response.crc;
    }
    return await crcOfBlob(request, createCrc).catch((cause) => {
      throw fileChangedError(cause);
    });
  }

  /** Whoever waits gets ABORTED. */
  close(): void {
    this.#worker?.terminate();
    this.#closed.abort();
  }

  /** Undefined if the worker does not work: a Content-Security-Policy may refuse it only now. */
  #ask(worker: Worker, request: WorkerRequest): Promise<WorkerResponse | undefined> {
    return new Promise((resolve) => {
      const end = (response?: WorkerResponse) => {
        clearTimeout(timer);
        this.#closed.signal.removeEventListener("abort", close);
        resolve(response);
      };
      const close = () => end();
      const giveUp = () => {
        worker.terminate();
        this.#worker = undefined;
        end();
      };
      const timer = setTimeout(giveUp, workerTimeoutMs);
      this.#closed.signal.addEventListener("abort", close);
      worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => end(data);
      worker.onerror = (event) => {
        event.preventDefault();
        giveUp();
      };
      worker.postMessage(request);
    });
  }
}
