import type { S3Client } from "@aws-sdk/client-s3";
import { type ErrorCode, ValetKeyError } from "../../core/errors.ts";
import { storageError } from "../client/storage-error.ts";
import { assertNoObject } from "../objects/assert-no-object.ts";
import { asSeenByHead } from "../objects/head-object.ts";
import { bareEtag, type ObjectHead, type StoredObject } from "../objects/stored-object.ts";
import { findObjectWithEtag } from "./find-object-with-etag.ts";
import { type CompletionTerms, joinParts } from "./join-parts.ts";
import { etagOfParts } from "./multipart-etag.ts";
import {
  fittingParts,
  isGone,
  listParts,
  missingPartNumbers,
  type UploadedPart,
} from "./multipart-uploads.ts";
import { assertSameEtags, type CompletedPart, incompleteUpload } from "./part-list.ts";
import type { RecentCompletions } from "./recent-completions.ts";
import type { UploadDescriptor } from "./upload-descriptor.ts";
import { planWith } from "./upload-plan.ts";

/**
 * Completes a multipart upload once S3 holds every byte of it. The call can be repeated as long as `completed`
 * remembers the upload, and always with `clientParts`, because their ETags prove which object the upload became.
 *
 * @param clientParts every part's ETag, if the client kept them. They are compared with the parts that S3 holds.
 * @returns the object as HEAD describes it or, for callers who may write but not read, as far as it is known
 * @throws {ValetKeyError} UPLOAD_INCOMPLETE (the message names the parts), UPLOAD_NOT_FOUND, OBJECT_EXISTS,
 * CHECKSUM_MISMATCH
 */
export async function completeUpload(
  s3: S3Client,
  upload: UploadDescriptor,
  completed: RecentCompletions,
  clientParts?: readonly CompletedPart[] | undefined,
): Promise<StoredObject | ObjectHead> {
  const plan = planWith(upload.sizeBytes, upload.partBytes);
  let held: UploadedPart[];
  try {
    held = await listParts(s3, upload);
  } catch (error) {
    if (!hasCode(error, "UPLOAD_NOT_FOUND")) throw error;
    const etag = clientParts === undefined ? await completed.etagOf(upload) : etagOfParts(clientParts);
    return await findCompleted(s3, upload, { completed, etag, gone: error });
  }
  const parts = fittingParts(plan, held);
  const missing = missingPartNumbers(plan, parts);
  if (missing.length > 0) throw incompleteUpload(missing);
  if (clientParts !== undefined) assertSameEtags(parts, clientParts);
  const etag = etagOfParts(parts);
  try {
    if (!upload.overwrite) await assertNoObject(s3, upload);
    const stored = await completed.complete(upload, etag, () => joinParts(s3, upload, parts, upload));
    return await describeIfUnchanged(s3, stored, upload);
  } catch (error) {
    // The same parts will have the same checksum again.
    if (error instanceof ValetKeyError && error.code === "CHECKSUM_MISMATCH") {
      throw new ValetKeyError(error.code, error.message, { retryable: false, cause: error });
    }
    // The existing object may be the result of another completion of the same upload.
    if (!hasCode(error, "OBJECT_EXISTS") || !(await isGone(s3, upload))) throw error;
    return await findCompleted(s3, upload, { completed, etag, gone: error });
  }
}

interface EarlierCompletion {
  readonly completed: RecentCompletions;
  /** The ETag of the object that the upload became. Undefined if it is unknown. */
  readonly etag: string | undefined;
  /** The error to throw if the object is not the one that the upload became. */
  readonly gone: unknown;
}

async function findCompleted(
  s3: S3Client,
  upload: UploadDescriptor,
  { completed, etag, gone }: EarlierCompletion,
): Promise<StoredObject | ObjectHead> {
  const unseen = await completed.storedAs(upload);
  if (etag === undefined) throw gone;
  const stored = await findObjectWithEtag(s3, upload, { sizeBytes: upload.sizeBytes, etag, unseen });
  if (stored === undefined) throw gone;
  return await describeIfUnchanged(s3, stored, upload);
}

/**
 * Returns the object as HEAD describes it, or without those details if another object has replaced it.
 *
 * @throws {ValetKeyError} OBJECT_EXISTS if the upload must not replace an object. Some stores do not enforce that at
 * completion, so two such uploads may both succeed.
 */
async function describeIfUnchanged(
  s3: S3Client,
  stored: StoredObject,
  { overwrite }: CompletionTerms,
): Promise<StoredObject | ObjectHead> {
  const seen = await asSeenByHead(s3, stored);
  const isSame = seen.sizeBytes === stored.sizeBytes && bareEtag(seen.etag) === bareEtag(stored.etag);
  if (isSame) return seen;
  if (!overwrite) throw storageError("OBJECT_EXISTS");
  return stored;
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof ValetKeyError && error.code === code;
}
