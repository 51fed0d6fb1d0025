import type { FileChecksums } from "../checksum/file-checksums.ts";
import { ValetKeyError } from "../core/errors.ts";
import { noRetries } from "../core/retry.ts";
import type { Transport } from "../core/transport.ts";
import type { PartChecksumInput, UploadPartFieldsFragment } from "../generated/graphql.ts";
import { uploadPartsOperation } from "../generated/strings.ts";

/** How many parts are signed at once: enough for the next ones, and few enough to be used before they expire. */
const batchSize = 12;
/** Older URLs are not used. This machine's clock may be wrong, so their own time of expiry says nothing. */
const maxAgeMs = 5 * 60_000;

export interface PartPlan {
  readonly id: string;
  readonly size: number;
  readonly partSize: number;
}

/** Signs parts shortly before they are sent, several with one request. */
export class SignedParts {
  readonly #transport: Transport;
  readonly #plan: PartPlan;
  readonly #checksums: FileChecksums | undefined;
  readonly #signed = new Map<number, { readonly part: UploadPartFieldsFragment; readonly atMs: number }>();
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

  /** @throws {ValetKeyError} UPLOAD_NOT_FOUND */
  async get(number: number, signal: AbortSignal): Promise<UploadPartFieldsFragment> {
    for (;;) {
      const signed = this.#signed.get(number);
      if (signed !== undefined && this.#transport.clock.now() - signed.atMs < maxAgeMs) return signed.part;
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
    const next = this.#waiting.filter((number) => number !== first).slice(0, batchSize - 1);
    const numbers = [first, ...next];
    const { upload } = await this.#transport.request(
      uploadPartsOperation,
      { id: this.#plan.id, numbers, checksums: await this.#checksumsOf(numbers) },
      { signal, retryPolicy: noRetries },
    );
    if (upload === null) {
      const message = "The upload was completed or aborted elsewhere.";
      throw new ValetKeyError(message, { code: "UPLOAD_NOT_FOUND" });
    }
    const atMs = this.#transport.clock.now();
    for (const part of upload.parts) this.#signed.set(part.number, { part, atMs });
    for (const number of numbers) {
      const index = this.#waiting.indexOf(number);
      if (index !== -1) this.#waiting.splice(index, 1);
    }
  }

  async #checksumsOf(numbers: readonly number[]): Promise<PartChecksumInput[] | undefined> {
    const checksums = this.#checksums;
    if (checksums === undefined) return undefined;
    const values: PartChecksumInput[] = [];
    for (const number of numbers) {
      const { start, end } = this.range(number);
      values.push({ number, value: await checksums.ofPart(start, end) });
    }
    return values;
  }
}
