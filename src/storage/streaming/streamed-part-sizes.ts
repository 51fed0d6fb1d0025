import { maxPartCount, minPartBytes } from "../multipart/upload-plan.ts";

/** A quarter of the budget that all uploads through the server share. */
const maxPartBytes = 64 * 1024 ** 2;
const partsOfOneSize = 1000;

/**
 * The size of a part of a body whose length is unknown. It doubles after every 1,000 parts, so that 10,000 parts hold a
 * large body and a short body takes little memory.
 *
 * @param partNumber counted from 1
 */
export function streamedPartBytes(partNumber: number): number {
  return Math.min(maxPartBytes, minPartBytes * 2 ** Math.floor((partNumber - 1) / partsOfOneSize));
}

/** The size of all parts together: 448 GiB. */
export const maxStreamedBytes = Array.from({ length: maxPartCount }, (_, index) =>
  streamedPartBytes(index + 1),
).reduce((sum, bytes) => sum + bytes);
