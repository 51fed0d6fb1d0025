import { abortedError, fileChangedError } from "../core/errors.ts";
import { type ChecksumAlgorithm, type Crc, createCrc } from "./crc.ts";
import { blockBytes, FileChecksums } from "./file-checksums.ts";
import { blocksOf, startWorker, type WorkerRequest, type WorkerResponse } from "./worker.ts";

/** What a worker is given at once. */
const segmentBytes = 32 * blockBytes;
const maxWorkers = 4;
/** A worker that has not responded by then never will: this thread computes instead. */
const workerTimeoutMs = 300_000;

/**
 * Reads a file once and computes its CRCs, in workers where there are any.
 *
 * @throws {ValetKeyError} FILE_CHANGED if the file cannot be read, ABORTED
 */
export async function hashFile(
  file: Blob,
  algorithm: ChecksumAlgorithm,
  signal: AbortSignal,
): Promise<FileChecksums> {
  const segments = Math.ceil(file.size / segmentBytes);
  const results: (readonly Crc[])[] = new Array(segments);
  let next = 0;
  const hashSegments = async () => {
    const hasher = new Hasher();
    try {
      while (next < segments) {
        if (signal.aborted) throw abortedError();
        const index = next++;
        const blob = file.slice(index * segmentBytes, (index + 1) * segmentBytes);
        results[index] = await hasher.hash({ blob, algorithm, blockBytes });
      }
    } catch (thrown) {
      // The others need not go on.
      next = segments;
      throw thrown;
    } finally {
      hasher.close();
    }
  };
  const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
  const parallel = Math.max(1, Math.min(maxWorkers, cores, segments));
  await Promise.all(Array.from({ length: parallel }, hashSegments));
  return new FileChecksums(algorithm, file, results.flat());
}

/** A worker, or this thread: each piece is read asynchronously, so it never computes for more than some milliseconds. */
class Hasher {
  #worker: Worker | undefined = startWorker();

  async hash(request: WorkerRequest): Promise<readonly Crc[]> {
    const response = this.#worker === undefined ? undefined : await this.#ask(this.#worker, request);
    if (response !== undefined) {
      if ("unreadable" in response) throw fileChangedError();
      return response.blocks;
    }
    return await blocksOf(request, createCrc).catch((cause) => {
      throw fileChangedError(cause);
    });
  }

  close(): void {
    this.#worker?.terminate();
  }

  /** Undefined if the worker does not work: a Content-Security-Policy may refuse it only now. */
  #ask(worker: Worker, request: WorkerRequest): Promise<WorkerResponse | undefined> {
    return new Promise((resolve) => {
      const giveUp = () => {
        clearTimeout(timer);
        this.close();
        this.#worker = undefined;
        resolve(undefined);
      };
      const timer = setTimeout(giveUp, workerTimeoutMs);
      worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => {
        clearTimeout(timer);
        resolve(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        giveUp();
      };
      worker.postMessage(request);
    });
  }
}
