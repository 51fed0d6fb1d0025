import { createHash } from "node:crypto";
import { CompleteMultipartUploadCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { badUserInput, type ErrorCode, ValetKeyError } from "../../core/errors.ts";
import { toStorageError } from "../client/s3-errors.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toChecksumParameter } from "../headers/checksum-value.ts";
import type { Checksum } from "../headers/checksums.ts";
import { asSeenByHead, refuseExisting, versionOf } from "../objects/head-object.ts";
import { bareEtag, type ObjectHead, type StoredObject } from "../objects/stored-object.ts";
import type { CompletedUploads } from "./completed-uploads.ts";
import {
  fittingParts,
  isGone,
  listParts,
  missingPartNumbers,
  type UploadedPart,
} from "./multipart-uploads.ts";
import type { UploadAddress, UploadDescriptor } from "./upload-descriptor.ts";
import { planWith } from "./upload-plan.ts";

/** A part as the client remembers it. */
export interface CompletedPart {
  readonly number: number;
  readonly etag: string;
}

/**
 * Refuses a client's list that is not one of every part, each once.
 * @throws {ValetKeyError} BAD_USER_INPUT, UPLOAD_INCOMPLETE
 */
export function requireEveryPart(upload: UploadDescriptor, parts: readonly CompletedPart[]): void {
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
 * Completes a multipart upload when S3 holds every byte that was promised. It may be repeated as long as
 * `completed` remembers it, and with `clientParts` always: their ETags prove which object is theirs.
 *
 * @param clientParts every part's ETag, checked against what S3 holds, where the client kept them
 * @returns the object as HEAD sees it, or as far as it is known to callers who may write but not read
 * @throws {ValetKeyError} UPLOAD_INCOMPLETE (the message names the parts), UPLOAD_NOT_FOUND,
 * OBJECT_EXISTS, CHECKSUM_MISMATCH
 */
export async function completeUpload(
  s3: S3Client,
  upload: UploadDescriptor,
  completed: CompletedUploads,
  clientParts?: readonly CompletedPart[] | undefined,
): Promise<StoredObject | ObjectHead> {
  const plan = planWith(upload.sizeBytes, upload.partBytes);
  let held: UploadedPart[];
  try {
    held = await listParts(s3, upload);
  } catch (error) {
    if (!hasCode(error, "UPLOAD_NOT_FOUND")) throw error;
    const etag = clientParts === undefined ? completed.etagOf(upload) : etagOfParts(clientParts);
    return await completedBefore(s3, upload, completed, etag, error);
  }
  const parts = fittingParts(plan, held);
  const missing = missingPartNumbers(plan, parts);
  if (missing.length > 0) throw incomplete(missing);
  if (clientParts !== undefined) checkEtags(parts, clientParts);
  try {
    if (!upload.overwrite) await refuseExisting(s3, upload);
    const stored = await completed.complete(upload, etagOfParts(parts), () =>
      completeParts(s3, upload, parts, upload),
    );
    return await asStillThere(s3, stored, upload);
  } catch (error) {
    // The parts will add up to the same again.
    if (error instanceof ValetKeyError && error.code === "CHECKSUM_MISMATCH") {
      throw new ValetKeyError(error.code, error.message, { retryable: false, cause: error });
    }
    // The object that is in the way may be what another completion of this upload has just made.
    if (!hasCode(error, "OBJECT_EXISTS") || !(await isGone(s3, upload))) throw error;
    return await completedBefore(s3, upload, completed, etagOfParts(parts), error);
  }
}

/** What completion holds S3 to. */
export interface CompletionTerms {
  readonly sizeBytes: number;
  readonly overwrite: boolean;
  readonly checksum?: Checksum | undefined;
}

/** Failures after which the object may be there, the upload be gone, or neither. */
const saysNothing = new Set<ErrorCode>(["UPLOAD_NOT_FOUND", "STORAGE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"]);

/**
 * Has S3 join parts into the object. When its answer was lost on the way, or cannot be read, the object is
 * found by its ETag once the upload is gone.
 *
 * @throws {ValetKeyError}
 */
export async function completeParts(
  s3: S3Client,
  upload: UploadAddress,
  parts: readonly CompletedPart[],
  terms: CompletionTerms,
): Promise<StoredObject> {
  const { region, bucket, key, uploadId } = upload;
  const etag = etagOfParts(parts);
  try {
    const answer = await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
        MpuObjectSize: terms.sizeBytes,
        IfNoneMatch: terms.overwrite ? undefined : "*",
        ...(terms.checksum && {
          ...toChecksumParameter(terms.checksum),
          ChecksumType: "FULL_OBJECT" as const,
        }),
      }),
    );
    return {
      region,
      bucket,
      key,
      versionId: versionOf(answer.VersionId),
      sizeBytes: terms.sizeBytes,
      etag: answer.ETag || etag,
    };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "CompleteMultipartUpload", subject: "upload" });
    const mayHaveSucceeded = saysNothing.has(error.code) || describeFailure(cause).attempts > 1;
    if (!mayHaveSucceeded || !(await isGone(s3, upload))) throw error;
    const stored = await storedWith(s3, upload, terms.sizeBytes, etag);
    if (stored !== undefined) return stored;
    throw saysNothing.has(error.code) ? storageError("UPLOAD_NOT_FOUND", { cause }) : error;
  }
}

/** The ETag of a multipart object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export function etagOfParts(parts: readonly CompletedPart[]): string {
  const hash = createHash("md5");
  for (const { etag } of [...parts].sort((a, b) => a.number - b.number)) {
    hash.update(Buffer.from(bareEtag(etag), "hex"));
  }
  return `"${hash.digest("hex")}-${parts.length}"`;
}

/** The upload is gone. The object that is there now is the answer if it has the ETag of what the upload became. */
async function completedBefore(
  s3: S3Client,
  upload: UploadDescriptor,
  completed: CompletedUploads,
  etag: string | undefined,
  gone: unknown,
): Promise<StoredObject | ObjectHead> {
  const unseen = await completed.storedAs(upload);
  const stored =
    etag === undefined ? undefined : await storedWith(s3, upload, upload.sizeBytes, etag, unseen);
  if (stored === undefined) throw gone;
  return await asStillThere(s3, stored, upload);
}

/**
 * What was completed, as HEAD sees it, or without HEAD's details if another object has its place by then.
 *
 * @throws {ValetKeyError} OBJECT_EXISTS where that means that the store let two uploads win, both of
 * which were to replace nothing: not every store decides at completion
 */
async function asStillThere(
  s3: S3Client,
  stored: StoredObject,
  { overwrite }: CompletionTerms,
): Promise<StoredObject | ObjectHead> {
  const seen = await asSeenByHead(s3, stored);
  const isTheOne = seen.sizeBytes === stored.sizeBytes && bareEtag(seen.etag) === bareEtag(stored.etag);
  if (isTheOne) return seen;
  if (!overwrite) throw storageError("OBJECT_EXISTS");
  return stored;
}

/**
 * @param unseen what is known of it to callers who may not look
 * @throws {ValetKeyError} when S3 does not answer
 */
async function storedWith(
  s3: S3Client,
  { region, bucket, key }: UploadAddress,
  sizeBytes: number,
  etag: string,
  unseen?: StoredObject | undefined,
): Promise<StoredObject | undefined> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const { ETag: found = "", LastModified: lastModified } = head;
    if (head.ContentLength !== sizeBytes || bareEtag(found) !== bareEtag(etag)) return undefined;
    const versionId = versionOf(head.VersionId);
    return { region, bucket, key, versionId, sizeBytes, etag: found, lastModified };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "HeadObject", subject: "object" });
    if (error.retryable) throw error;
    return error.code === "FORBIDDEN" && unseen && bareEtag(unseen.etag) === bareEtag(etag)
      ? unseen
      : undefined;
  }
}

function checkEtags(held: readonly UploadedPart[], clientParts: readonly CompletedPart[]): void {
  const etags = new Map(held.map(({ number, etag }) => [number, bareEtag(etag)]));
  const other = clientParts.filter(({ number, etag }) => etags.get(number) !== bareEtag(etag));
  if (other.length === 0) return;
  const named = nameParts(other.map(({ number }) => number));
  throw new ValetKeyError("UPLOAD_INCOMPLETE", `S3 holds other bytes than these as ${named}.`, {
    field: "parts",
  });
}

function incomplete(missing: readonly number[]): ValetKeyError {
  return new ValetKeyError(
    "UPLOAD_INCOMPLETE",
    `S3 does not hold ${nameParts(missing)} of this upload in the planned size.`,
  );
}

/** "part 2", "parts 1–3, 7": at most ten ranges, so that the message stays one. */
function nameParts(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] + 1 === number) range[1] = number;
    else ranges.push([number, number]);
  }
  const named = ranges
    .slice(0, 10)
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  const more = ranges.length > named.length ? ", …" : "";
  return `${numbers.length === 1 ? "part" : "parts"} ${named.join(", ")}${more}`;
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof ValetKeyError && error.code === code;
}
