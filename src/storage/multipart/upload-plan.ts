import { badUserInput } from "../../core/errors.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
export const minPartBytes = 5 * MiB;
export const maxPartBytes = 5 * GiB;
export const maxPartCount = 10_000;
/** 48.8 TiB, which AWS also calls 50 TB. */
export const maxObjectBytes = maxPartCount * maxPartBytes;
/** The most that one PutObject or CopyObject takes. */
export const maxSinglePutBytes = 5 * GiB;

const leastPlannedBytes = 8 * MiB;
/** The largest prime below 8 Mi. */
const sizeMark = 8_388_593;

/** How a file is cut: `partCount` parts of `partBytes`, the last of them with what remains. */
export interface UploadPlan {
  readonly sizeBytes: number;
  readonly partBytes: number;
  /** At least 1: an empty file is one empty part. */
  readonly partCount: number;
}

/**
 * The plan for a size is the same every time, so that an upload can be resumed by who knows only the file.
 * And it is that size's own: the size modulo a prime is in the length of each part, so parts of a file of
 * another size (edited, perhaps by one byte) do not fit. docs/decisions/0009-part-sizes.md
 *
 * @throws {ValetKeyError} BAD_USER_INPUT when no S3 object can have that size
 */
export function planUpload(sizeBytes: number): UploadPlan {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw badUserInput("size", "A size is a whole number of bytes.");
  }
  if (sizeBytes > maxObjectBytes) {
    throw badUserInput("size", `An S3 object has at most ${maxObjectBytes} bytes (48.8 TiB).`);
  }
  const leastBytes = Math.max(leastPlannedBytes, Math.ceil(sizeBytes / maxPartCount));
  // Subtracted, as a sum would let the last of two parts of the next size keep its length.
  const partBytes = leastBytes + sizeMark - (sizeBytes % sizeMark);
  return planWith(sizeBytes, Math.min(maxPartBytes, partBytes));
}

/** The plan of an upload whose part size is decided already. */
export function planWith(sizeBytes: number, partBytes: number): UploadPlan {
  return { sizeBytes, partBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partBytes)) };
}

/**
 * Bytes of one part.
 *
 * @param partNumber counted from 1
 * @throws {RangeError} when the plan has no such part
 */
export function bytesOfPart({ sizeBytes, partBytes, partCount }: UploadPlan, partNumber: number): number {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > partCount) {
    throw new RangeError(`Parts are numbered 1 to ${partCount}.`);
  }
  return partNumber < partCount ? partBytes : sizeBytes - (partCount - 1) * partBytes;
}
