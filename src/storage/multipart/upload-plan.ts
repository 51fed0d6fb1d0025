import { badUserInput } from "../../core/errors.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
export const minPartBytes = 5 * MiB;
export const maxPartBytes = 5 * GiB;
export const maxPartCount = 10_000;
/** 48.8 TiB, which AWS also calls 50 TB. */
export const maxObjectBytes = maxPartCount * maxPartBytes;
/** The maximum for one PutObject or CopyObject. */
export const maxSinglePutBytes = 5 * GiB;

const minPlannedBytes = 8 * MiB;
/** The largest prime below 8 Mi. */
const sizeMark = 8_388_593;

/** How a file is divided: `partCount` parts of `partBytes`, of which the last one may be smaller. */
export interface UploadPlan {
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** At least 1. An empty file has one empty part. */
  readonly partCount: number;
}

/**
 * A size always has the same plan, so a client that only has the file can resume its upload. The length of the parts
 * contains the size modulo a prime, so parts of a file of another size do not fit, even if it differs by one byte.
 * docs/decisions/0009-part-sizes.md
 *
 * @throws {ValetKeyError} BAD_USER_INPUT if no S3 object can have that size
 */
export function planUpload(sizeBytes: number): UploadPlan {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw badUserInput("size", "A size is a whole number of bytes.");
  }
  if (sizeBytes > maxObjectBytes) {
    throw badUserInput("size", `An S3 object has at most ${maxObjectBytes} bytes (48.8 TiB).`);
  }
  const minBytes = Math.max(minPlannedBytes, Math.ceil(sizeBytes / maxPartCount));
  // If it were added, the last of two parts would have the same length for the next size.
  const partBytes = minBytes + sizeMark - (sizeBytes % sizeMark);
  return planWith(sizeBytes, Math.min(maxPartBytes, partBytes));
}

/** The plan of an upload whose part size is already known. */
export function planWith(sizeBytes: number, partBytes: number): UploadPlan {
  return { sizeBytes, partBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partBytes)) };
}

/**
 * Bytes of one part.
 *
 * @param partNumber counted from 1
 * @throws {RangeError} if the plan has no such part
 */
export function bytesOfPart({ sizeBytes, partBytes, partCount }: UploadPlan, partNumber: number): number {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > partCount) {
    throw new RangeError(`Parts are numbered 1 to ${partCount}.`);
  }
  return partNumber < partCount ? partBytes : sizeBytes - (partCount - 1) * partBytes;
}
