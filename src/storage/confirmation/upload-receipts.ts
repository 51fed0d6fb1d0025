import { z } from "zod";
import { decodeBase64Url } from "../../core/base64url.ts";
import { badUserInput } from "../../core/errors.ts";
import {
  type BucketName,
  parseBucketName,
  parseBucketRegion,
  parseObjectKey,
  type Regions,
} from "../../core/object-address.ts";
import { Sealer } from "../../core/sealer.ts";
import { checksumAlgorithms } from "../checksums/checksum.ts";
import type { UploadPromise } from "./upload-promise.ts";

/** No upload id begins with this byte. */
const formatVersion = 0x51;
/** A key of 1,024 quotation marks takes twice its length in JSON. */
const maxReceiptCharacters = 4_096;
/** An upload may go on long after its URL has expired, because S3 only checks when the upload begins. */
const secondsAfterUrl = 24 * 60 * 60;

const sealedFields = z.object({
  r: z.string(),
  b: z.string(),
  k: z.string(),
  /** The size, or the smallest and the largest one. */
  s: z.union([z.number().int().nonnegative(), z.tuple([z.number(), z.number()])]),
  c: z.string().optional(),
  h: z.tuple([z.enum(checksumAlgorithms), z.string()]).optional(),
  o: z.boolean(),
  /** When it was issued, in milliseconds, and when it expires, in seconds. */
  t: z.number().int(),
  x: z.number().int(),
});

/**
 * The receipts that clients hold of uploads with a PUT request or a form. Like the id of a multipart upload, a receipt
 * contains everything that the server has to know, encrypted and authenticated, and grants nothing. It is sealed for a
 * purpose of its own, so neither can be used as the other. docs/decisions/0036-upload-receipts.md
 */
export class UploadReceipts {
  readonly #sealer: Sealer;
  readonly #regions: Regions;

  /** @param secrets the first one seals and all of them open, so that a secret can be rotated while uploads are in progress */
  constructor(secrets: readonly string[], regions: Regions) {
    this.#sealer = new Sealer(secrets, "valetkey upload receipt 1");
    this.#regions = regions;
  }

  /** @param urlExpiresAt when the URL of the upload expires. The receipt is valid for a day more. */
  seal(promise: UploadPromise, urlExpiresAt: Date): string {
    const { region, bucket, key, minBytes, maxBytes, contentType, checksum, overwrite, issuedAt } = promise;
    const fields: z.input<typeof sealedFields> = {
      r: region,
      b: bucket,
      k: key,
      s: minBytes === maxBytes ? maxBytes : [minBytes, maxBytes],
      c: contentType,
      h: checksum && [checksum.algorithm, checksum.value],
      o: overwrite,
      t: issuedAt.getTime(),
      x: Math.ceil(urlExpiresAt.getTime() / 1000) + secondsAfterUrl,
    };
    const sealed = this.#sealer.seal(JSON.stringify(fields));
    return Buffer.concat([Buffer.of(formatVersion), sealed]).toString("base64url");
  }

  /**
   * @param now the time at the bucket's store
   * @throws {ValetKeyError} BAD_USER_INPUT (receipt) unless this server issued the receipt and it has not expired
   */
  open(receipt: string, now: (bucket: BucketName) => Date): UploadPromise {
    const bytes = decodeBase64Url(receipt, maxReceiptCharacters);
    if (bytes === undefined || bytes[0] !== formatVersion) {
      throw badUserInput("receipt", "This is not a receipt of requestUpload.");
    }
    const fields = this.#parse(this.#sealer.open(bytes.subarray(1)));
    if (fields === undefined) {
      throw badUserInput("receipt", "This server does not know the receipt. Request the upload again.");
    }
    if (fields.expiresAtSeconds * 1000 <= now(fields.promise.bucket).getTime()) {
      throw badUserInput("receipt", "The receipt has expired. Request the upload again.");
    }
    return fields.promise;
  }

  #parse(json: string | undefined): { promise: UploadPromise; expiresAtSeconds: number } | undefined {
    if (json === undefined) return undefined;
    try {
      const { r, b, k, s, c, h, o, t, x } = sealedFields.parse(JSON.parse(json));
      const [minBytes, maxBytes] = typeof s === "number" ? [s, s] : s;
      const bucket = parseBucketName(b);
      const promise: UploadPromise = {
        region: parseBucketRegion(bucket, r, this.#regions),
        bucket,
        key: parseObjectKey(k),
        minBytes,
        maxBytes,
        contentType: c,
        checksum: h && { algorithm: h[0], value: h[1] },
        overwrite: o,
        issuedAt: new Date(t),
      };
      return { promise, expiresAtSeconds: x };
    } catch {
      // The region is no longer configured, or another version of the server has other fields.
      return undefined;
    }
  }
}
