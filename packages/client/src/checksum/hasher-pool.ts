import { abortedError } from "../core/errors.ts";
import type { ChecksumAlgorithm } from "./crc.ts";
import { Hasher } from "./hasher.ts";

const maxHashers = 4;

/** Computes CRCs in as many workers as there are processors, at most four, in the order in which they are asked for. */
export class HasherPool {
  readonly #algorithm: ChecksumAlgorithm;
  readonly #all = new Set<Hasher>();
  readonly #idle: Hasher[] = [];
  readonly #waiting: ((hasher: Hasher) => void)[] = [];
  #isClosed = false;

  constructor(algorithm: ChecksumAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** @throws {ValetKeyError} FILE_CHANGED if the blob cannot be read, ABORTED */
  async crcOf(blob: Blob): Promise<bigint> {
    if (this.#isClosed) throw abortedError();
    const hasher = this.#idle.pop() ?? this.#start() ?? (await this.#next());
    try {
      return await hasher.hash({ blob, algorithm: this.#algorithm });
    } finally {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#idle.push(hasher);
      else waiting(hasher);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const hasher of this.#all) hasher.close();
  }

  #start(): Hasher | undefined {
    const processors = globalThis.navigator?.hardwareConcurrency ?? 2;
    if (this.#all.size >= Math.min(maxHashers, processors)) return undefined;
    const hasher = new Hasher();
    this.#all.add(hasher);
    return hasher;
  }

  #next(): Promise<Hasher> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
