import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress, Regions } from "../../core/object-address.ts";
import { parseBucketName, parseObjectKey, parseRegion } from "../../core/object-address.ts";
import { type Checksum, checksumAlgorithms } from "../headers/checksums.ts";

/** A multipart upload as S3 knows it. */
export interface UploadAddress extends ObjectAddress {
  /** S3's own id of the upload. */
  readonly uploadId: string;
}

/** A multipart upload with what was promised when it began. */
export interface PromisedUpload extends UploadAddress {
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly overwrite: boolean;
  /** Undefined: none, or the id is of a time when it was not kept. */
  readonly contentType?: string | undefined;
  /** Of the whole object. */
  readonly checksum?: Checksum | undefined;
  readonly startedAt: Date;
}

/** An upload that was found in S3's list: nobody there knows its size, so it can be aborted, not completed. */
export interface FoundUpload extends UploadAddress {
  readonly sizeBytes?: undefined;
}

export type SealedUpload = PromisedUpload | FoundUpload;

const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const overheadBytes = 1 + nonceBytes + tagBytes;
/** A key of 1,024 quotes doubles in JSON; S3's own ids have some hundred characters. */
const maxIdCharacters = 6_144;
const idShape = /^[A-Za-z0-9_-]+$/;

const sealedFields = z.object({
  r: z.string(),
  b: z.string(),
  k: z.string(),
  u: z.string(),
  promise: z
    .object({
      size: z.number().int().nonnegative(),
      part: z.number().int().positive(),
      overwrite: z.boolean(),
      type: z.string().optional(),
      checksum: z.object({ algorithm: z.enum(checksumAlgorithms), value: z.string() }).optional(),
      startedAt: z.number().int(),
    })
    .optional(),
});

/**
 * The ids that clients hold of their uploads: everything the server has to know, sealed with
 * AES-256-GCM so that it can be neither read nor made by anyone else. An id grants nothing.
 */
export class UploadIds {
  readonly #keys: readonly Buffer[];
  readonly #regions: Regions;
  readonly #random: (bytes: number) => Buffer;

  /** @param secrets the first seals, all open, so that a secret can be replaced while uploads are under way */
  constructor(secrets: readonly string[], regions: Regions, random: (bytes: number) => Buffer = randomBytes) {
    if (secrets.length === 0) throw new RangeError("Sealing upload ids takes at least one secret.");
    this.#keys = secrets.map((secret) =>
      Buffer.from(hkdfSync("sha256", secret, "", "valetkey upload id 1", 32)),
    );
    this.#regions = regions;
    this.#random = random;
  }

  seal(upload: SealedUpload): string {
    const [key] = this.#keys;
    if (key === undefined) throw new RangeError("No secret.");
    const nonce = this.#random(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.of(formatVersion));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(toFields(upload)), "utf8"), cipher.final()]);
    return Buffer.concat([Buffer.of(formatVersion), nonce, sealed, cipher.getAuthTag()]).toString(
      "base64url",
    );
  }

  /**
   * @throws {ValetKeyError} BAD_USER_INPUT for what cannot be an id; UPLOAD_NOT_FOUND for one that this
   * server did not make, or made with a secret or a region that it no longer has
   */
  open(id: string, field = "id"): SealedUpload {
    const bytes = id.length <= maxIdCharacters && idShape.test(id) ? Buffer.from(id, "base64url") : undefined;
    if (bytes === undefined || bytes.length <= overheadBytes || bytes[0] !== formatVersion) {
      throw badUserInput(field, "Not the id of an upload.");
    }
    // Two spellings of the same bytes would be two ids of one upload.
    if (bytes.toString("base64url") !== id) throw badUserInput(field, "Not the id of an upload.");
    for (const key of this.#keys) {
      const opened = openWith(key, bytes);
      if (opened !== undefined) return this.#parse(opened);
    }
    throw unknownUpload();
  }

  #parse(json: string): SealedUpload {
    try {
      const { r, b, k, u, promise } = sealedFields.parse(JSON.parse(json));
      const address = {
        region: parseRegion(r, this.#regions),
        bucket: parseBucketName(b),
        key: parseObjectKey(k),
        uploadId: u,
      };
      if (promise === undefined) return address;
      return {
        ...address,
        sizeBytes: promise.size,
        partBytes: promise.part,
        overwrite: promise.overwrite,
        contentType: promise.type,
        checksum: promise.checksum,
        startedAt: new Date(promise.startedAt),
      };
    } catch (error) {
      throw unknownUpload(error);
    }
  }
}

function toFields(upload: SealedUpload): z.input<typeof sealedFields> {
  const address = { r: upload.region, b: upload.bucket, k: upload.key, u: upload.uploadId };
  if (upload.sizeBytes === undefined) return address;
  return {
    ...address,
    promise: {
      size: upload.sizeBytes,
      part: upload.partBytes,
      overwrite: upload.overwrite,
      type: upload.contentType,
      checksum: upload.checksum,
      startedAt: upload.startedAt.getTime(),
    },
  };
}

function openWith(key: Buffer, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bytes.subarray(0, 1)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    const opened = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes));
    return Buffer.concat([opened, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

function unknownUpload(cause?: unknown): ValetKeyError {
  return new ValetKeyError("UPLOAD_NOT_FOUND", "There is no such upload.", { cause });
}
