import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { listDirectory } from "./list-directory.ts";
import { makeDirectory } from "./make-directory.ts";

/** An immutable file of bytes. */
export interface StoredBlob {
  /** The name of the file. */
  readonly blob: string;
  readonly bytes: number;
}

/** A range of bytes, both ends included, as in Content-Range. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const readBytes = 256 * 1024;

/** The bytes of objects and parts. Each blob is a file with a random name that is written once and never changed. */
export class BlobFiles {
  readonly #directory: string;
  readonly #readersByBlob = new Map<string, number>();
  readonly #removedWhileRead = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes a new blob. If the source fails, the file is removed. */
  async write(source: AsyncIterable<Buffer>): Promise<StoredBlob> {
    const blob = randomBytes(16).toString("hex");
    await makeDirectory(join(this.#directory, blob.slice(0, 2)));
    const path = this.#path(blob);
    const file = await open(path, "wx", 0o600);
    let bytes = 0;
    try {
      for await (const chunk of source) {
        await file.writeFile(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await file.close();
    return { blob, bytes };
  }

  /** Reads these blobs one after another, or a range of them. A blob that is removed meanwhile can be read to its end. */
  read(blobs: readonly StoredBlob[], range?: ByteRange): Readable {
    const slices = slicesOf(blobs, range);
    for (const { blob } of slices) this.#readersByBlob.set(blob, (this.#readersByBlob.get(blob) ?? 0) + 1);
    const stream = Readable.from(this.#readSlices(slices), { objectMode: false, highWaterMark: readBytes });
    stream.once("close", () => this.#release(slices.map(({ blob }) => blob)));
    return stream;
  }

  async *#readSlices(slices: readonly BlobSlice[]): AsyncGenerator<Buffer> {
    for (const { blob, first, last } of slices) {
      yield* createReadStream(this.#path(blob), { start: first, end: last, highWaterMark: readBytes });
    }
  }

  async remove(blobs: readonly StoredBlob[]): Promise<void> {
    for (const { blob } of blobs) {
      if (this.#readersByBlob.has(blob)) this.#removedWhileRead.add(blob);
      else await rm(this.#path(blob), { force: true });
    }
  }

  #release(blobs: readonly string[]): void {
    for (const blob of blobs) {
      const readers = (this.#readersByBlob.get(blob) ?? 1) - 1;
      if (readers > 0) {
        this.#readersByBlob.set(blob, readers);
        continue;
      }
      this.#readersByBlob.delete(blob);
      // If this fails, the next start removes the file.
      if (this.#removedWhileRead.delete(blob)) void rm(this.#path(blob), { force: true }).catch(() => {});
    }
  }

  /** Removes every blob that nothing refers to, which a crash can leave behind. Other files are left alone. */
  async sweep(referenced: ReadonlySet<string>): Promise<void> {
    for (const shard of await listDirectory(this.#directory)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const blob of await listDirectory(join(this.#directory, shard))) {
        if (/^[0-9a-f]{32}$/.test(blob) && !referenced.has(blob)) await rm(this.#path(blob), { force: true });
      }
    }
  }

  #path(blob: string): string {
    return join(this.#directory, blob.slice(0, 2), blob);
  }
}

interface BlobSlice extends ByteRange {
  readonly blob: string;
}

function slicesOf(blobs: readonly StoredBlob[], range: ByteRange | undefined): BlobSlice[] {
  const slices: BlobSlice[] = [];
  let start = 0;
  for (const { blob, bytes } of blobs) {
    const first = Math.max(range?.first ?? 0, start);
    const last = Math.min(range?.last ?? Number.POSITIVE_INFINITY, start + bytes - 1);
    if (first <= last) slices.push({ blob, first: first - start, last: last - start });
    start += bytes;
  }
  return slices;
}
