import { z } from "zod";
import { decodeBase64Url } from "../../core/base64url.ts";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import {
  parseBucketName,
  parseBucketRegion,
  parseObjectKey,
  type Regions,
} from "../../core/object-address.ts";
import { Sealer } from "../../core/sealer.ts";
import { checksumAlgorithms } from "../checksums/checksum.ts";
import { LegacyUploadIds, legacyFormatVersion } from "./legacy-upload-id.ts";
import type { SealedUpload } from "./upload-descriptor.ts";

const formatVersion = 2;
/** A key of 1,024 quotation marks takes twice its length in JSON, and S3's own ids have hundreds of characters. */
const maxIdCharacters = 6_144;
/** The version and the authentication of the shorter format. */
const overheadBytes = 17;

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
      checksum: z.object({ algorithm: z.enum(checksumAlgorithms), value: z.string().optional() }).optional(),
      /** Only in ids of format 1. */
      startedAt: z.number().int().optional(),
    })
    .optional(),
});

/**
 * The ids that clients hold of their uploads. An id contains everything that the server has to know about the upload,
 * encrypted and authenticated. The same upload with the same terms always has the same id, so that clients can cache
 * by it. An id grants nothing. docs/decisions/0024-stable-upload-ids.md
 */
export class UploadIds {
  readonly #sealer: Sealer;
  readonly #legacy: LegacyUploadIds;
  readonly #regions: Regions;

  /** @param secrets the first one seals and all of them open, so that a secret can be rotated while uploads are in progress */
  constructor(secrets: readonly string[], regions: Regions) {
    this.#sealer = new Sealer(secrets, "valetkey upload id 2");
    this.#legacy = new LegacyUploadIds(secrets);
    this.#regions = regions;
  }

  seal(upload: SealedUpload): string {
    const sealed = this.#sealer.seal(JSON.stringify(toFields(upload)));
    return Buffer.concat([Buffer.of(formatVersion), sealed]).toString("base64url");
  }

  /**
   * @throws {ValetKeyError} BAD_USER_INPUT for a text that cannot be an id. UPLOAD_NOT_FOUND for an id that this server
   * did not create, or created with a secret or for a region that is no longer configured.
   */
  open(id: string): SealedUpload {
    const bytes = decodeBase64Url(id, maxIdCharacters);
    const version = bytes?.[0];
    const isKnownVersion = version === formatVersion || version === legacyFormatVersion;
    if (bytes === undefined || bytes.length <= overheadBytes || !isKnownVersion) {
      throw badUserInput("id", "This is not the id of an upload.");
    }
    const json = version === formatVersion ? this.#sealer.open(bytes.subarray(1)) : this.#legacy.open(bytes);
    if (json === undefined) throw unknownUpload();
    return this.#parse(json);
  }

  #parse(json: string): SealedUpload {
    try {
      const { r, b, k, u, promise } = sealedFields.parse(JSON.parse(json));
      const bucket = parseBucketName(b);
      const address = {
        region: parseBucketRegion(bucket, r, this.#regions),
        bucket,
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
        startedAt: promise.startedAt === undefined ? undefined : new Date(promise.startedAt),
      };
    } catch (error) {
      throw unknownUpload(error);
    }
  }
}

/** The order of the fields is part of the format: the id is computed from the JSON text. */
function toFields(upload: SealedUpload): z.input<typeof sealedFields> {
  const address = { r: upload.region, b: upload.bucket, k: upload.key, u: upload.uploadId };
  if (upload.sizeBytes === undefined) return address;
  const { checksum } = upload;
  return {
    ...address,
    promise: {
      size: upload.sizeBytes,
      part: upload.partBytes,
      overwrite: upload.overwrite,
      type: upload.contentType,
      checksum: checksum && { algorithm: checksum.algorithm, value: checksum.value },
    },
  };
}

function unknownUpload(cause?: unknown): ValetKeyError {
  return new ValetKeyError("UPLOAD_NOT_FOUND", "There is no such upload.", { cause });
}
