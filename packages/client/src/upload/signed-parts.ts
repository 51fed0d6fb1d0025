import type { FileChecksums } from "../checksum/file-checksums.ts";
import { incompleteResponse, ValetKeyError } from "../core/errors.ts";
import { noRetries } from "../core/retry.ts";
import type { Transport } from "../core/transport.ts";
import type { PartChecksumInput, UploadPartFieldsFragment } from "../generated/graphql.ts";
import { uploadPartsOperation } from "../generated/strings.ts";

/** How many parts are signed at once: enough for the next ones, and few enough to be used before they expire. */
const batchSize = 12;
/** How many parts have their checksums computed before they are needed. */
const hashedAhead = 6;
/** Older URLs are not used. This machine's clock may be wrong, so their own time of expiry says nothing. */
const maxAgeMs = 5 * 60_000;

/** One request to S3. */
export type UploadPart = Pick<UploadPartFieldsFragment, "number" | "url" | "headers">;

export interface PartPlan {
  readonly id: string;
  readonly size: number;
  readonly partSize: number;
}

/** Signs parts shortly before they are sent, several with one request, and computes their checksums shortly before that. */
export class SignedParts {
  readonly #transport: Transport;
  readonly #plan: PartPlan;
  readonly #checksums: FileChecksums | undefined;
  readonly #signed = new Map<number, { readonly part: UploadPart; readonly atMs: number }>();
  /** The checksums that have been computed, by number. */
  readonly #values = new Map<number, string>();
  /** The numbers that will be sent, in this order. */
  readonly #waiting: number[];
  #signing: Promise<void> | undefined;

  constructor(
    transport: Transport,
    plan: PartPlan,
    { numbers, checksums }: { numbers: readonly number[]; checksums: FileChecksums | undefined },
  ) {
    this.#transport = transport;
    this.#plan = plan;
    this.#checksums = checksums;
    this.#waiting = [...numbers];
  }

  /** @throws {ValetKeyError} UPLOAD_NOT_FOUND, FILE_CHANGED */
  async get(number: number, signal: AbortSignal): Promise<UploadPart> {
    for (;;) {
      const signed = this.#signed.get(number);
      if (signed !== undefined && this.#transport.clock.now() - signed.atMs < maxAgeMs) return signed.part;
      await this.#hash(number);
      this.#signing ??= this.#sign(number, signal).finally(() => {
        this.#signing = undefined;
      });
      await this.#signing;
    }
  }

  /** After the store has refused the URL. */
  drop(number: number): void {
    this.#signed.delete(number);
  }

  /** Where a part begins and ends in the file. */
  range(number: number): { start: number; end: number } {
    const start = (number - 1) * this.#plan.partSize;
    return { start, end: Math.min(start + this.#plan.partSize, this.#plan.size) };
  }

  async #sign(first: number, signal: AbortSignal): Promise<void> {
    const isReady = (number: number) => this.#checksums === undefined || this.#values.has(number);
    const next = this.#waiting.filter((number) => number !== first && isReady(number));
    const numbers = [first, ...next.slice(0, batchSize - 1)];
    const { upload } = await this.#transport.request(
      uploadPartsOperation,
      { id: this.#plan.id, numbers, checksums: this.#checksumsOf(numbers) },
      { signal, retryPolicy: noRetries },
    );
    if (upload === undefined) {
      const message = "The upload was completed or aborted elsewhere.";
      throw new ValetKeyError(message, { code: "UPLOAD_NOT_FOUND" });
    }
    const atMs = this.#transport.clock.now();
    for (const part of upload.parts) this.#signed.set(part.number, { part, atMs });
    // It would be asked for forever.
    if (this.#signed.get(first)?.atMs !== atMs) throw incompleteResponse();
    for (const number of numbers) {
      const index = this.#waiting.indexOf(number);
      if (index !== -1) this.#waiting.splice(index, 1);
    }
  }

  /** Waits for the checksum of this part. Those of the next parts are computed in the background. */
  async #hash(number: number): Promise<void> {
    if (this.#checksums === undefined) return;
    const next = this.#waiting.filter((each) => each !== number).slice(0, hashedAhead);
    const own = this.#hashOne(number);
    // Whoever sends the part gets the error.
    for (const each of next) this.#hashOne(each).catch(() => {});
    await own;
  }

  async #hashOne(number: number): Promise<void> {
    if (this.#checksums === undefined || this.#values.has(number)) return;
    const { start, end } = this.range(number);
    this.#values.set(number, await this.#checksums.ofPart(start, end));
  }

  #checksumsOf(numbers: readonly number[]): PartChecksumInput[] | undefined {
    if (this.#checksums === undefined) return undefined;
    return numbers.map((number) => ({ number, value: this.#values.get(number) ?? "" }));
  }
}
