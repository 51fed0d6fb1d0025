import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import { bareEtag } from "../objects/stored-object.ts";
import type { UploadedPart } from "./multipart-uploads.ts";
import type { UploadDescriptor } from "./upload-descriptor.ts";
import { planWith } from "./upload-plan.ts";

/** A part that was sent, with the ETag that S3 returned for it. */
export interface CompletedPart {
  readonly number: number;
  readonly etag: string;
}

/**
 * Refuses a client's list unless it contains every part exactly once.
 * @throws {ValetKeyError} BAD_USER_INPUT, UPLOAD_INCOMPLETE
 */
export function assertEveryPart(upload: UploadDescriptor, parts: readonly CompletedPart[]): void {
  const { partCount } = planWith(upload.sizeBytes, upload.partBytes);
  const numbers = new Set(parts.map(({ number }) => number));
  if (numbers.size !== parts.length) throw badUserInput("parts", "A part is listed twice.");
  if (parts.some(({ number }) => number < 1 || number > partCount)) {
    throw badUserInput("parts", `Parts are numbered 1 to ${partCount}.`);
  }
  const missing = Array.from({ length: partCount }, (_, index) => index + 1).filter((n) => !numbers.has(n));
  if (missing.length > 0) {
    const message = `The list lacks ${nameParts(missing)} of this upload.`;
    throw new ValetKeyError("UPLOAD_INCOMPLETE", message, { field: "parts" });
  }
}

/**
 * Refuses a client's list whose ETags are not those of the parts that S3 holds.
 * @throws {ValetKeyError} UPLOAD_INCOMPLETE
 */
export function assertSameEtags(held: readonly UploadedPart[], clientParts: readonly CompletedPart[]): void {
  const etags = new Map(held.map(({ number, etag }) => [number, bareEtag(etag)]));
  const different = clientParts.filter(({ number, etag }) => etags.get(number) !== bareEtag(etag));
  if (different.length === 0) return;
  const named = nameParts(different.map(({ number }) => number));
  const message = `The ETags of ${named} differ from those that S3 has: send these parts again, or list the ETags of uploadedParts.`;
  throw new ValetKeyError("UPLOAD_INCOMPLETE", message, { field: "parts" });
}

export function incompleteUpload(missing: readonly number[]): ValetKeyError {
  return new ValetKeyError(
    "UPLOAD_INCOMPLETE",
    `S3 does not hold ${nameParts(missing)} of this upload in the planned size.`,
  );
}

const maxRanges = 10;

/** "part 2" or "parts 1–3, 7". At most ten ranges are named, so that the message stays short. */
function nameParts(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] + 1 === number) range[1] = number;
    else ranges.push([number, number]);
  }
  const named = ranges
    .slice(0, maxRanges)
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  const more = ranges.length > named.length ? ", …" : "";
  return `${numbers.length === 1 ? "part" : "parts"} ${named.join(", ")}${more}`;
}
