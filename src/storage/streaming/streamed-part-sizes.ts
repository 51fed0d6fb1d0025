import { maxPartCount, minPartBytes } from "../multipart/upload-plan.ts";

/** A quarter of the budget that all uploads through the server share. */
const largestBytes = 64 * 1024 ** 2;
const partsOfOneSize = 1000;

/**
 * Bytes of a part of a body whose length nobody knows: twice as many after each 1,000 parts, so that the
 * 10,000 that S3 takes go far and a short body takes little memory.
 *
 * @param partNumber counted from 1
 */
export function streamedPartBytes(partNumber: number): number {
  return Math.min(largestBytes, minPartBytes * 2 ** Math.floor((partNumber - 1) / partsOfOneSize));
}

/** What all parts together hold: 448 GiB. */
export const maxStreamedBytes = Array.from({ length: maxPartCount }, (_, index) =>
  streamedPartBytes(index + 1),
).reduce((sum, bytes) => sum + bytes);
