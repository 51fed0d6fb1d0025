import { badUserInput } from "../../core/errors.ts";
import { maxSinglePutBytes } from "../multipart/upload-plan.ts";
import { assertNoObject } from "../objects/assert-no-object.ts";
import { asSeenByHead } from "../objects/head-object.ts";
import { bareEtag, isObjectHead, type ObjectHead, type StoredObject } from "../objects/stored-object.ts";
import { changesDescription } from "./copied-description.ts";
import type { CopyObjectRequest } from "./copy-request.ts";
import { type CopySource, isOntoItself, SourceChanged } from "./copy-source.ts";
import { copyInParts } from "./multipart-copy.ts";
import { copyInOneCall } from "./single-copy.ts";

/**
 * Copies an object with what describes it.
 *
 * @throws {ValetKeyError} OBJECT_NOT_FOUND and BUCKET_NOT_FOUND, OBJECT_EXISTS, FORBIDDEN, BAD_USER_INPUT for a copy onto
 * itself that changes nothing, STORAGE_UNAVAILABLE (also if the source keeps changing), TIMEOUT if it is cancelled, and
 * whatever `authorize` throws
 */
export async function copyObject(request: CopyObjectRequest): Promise<StoredObject | ObjectHead> {
  try {
    return await attemptCopy(request);
  } catch (error) {
    if (!(error instanceof SourceChanged)) throw error;
    return await attemptCopy(request);
  }
}

async function attemptCopy(request: CopyObjectRequest): Promise<StoredObject | ObjectHead> {
  const { s3, to, changes, authorize, transfer = transferWithinS3 } = request;
  const source = await request.source();
  const sizeBytes = source.head.ContentLength ?? 0;
  authorize({ sizeBytes, contentType: changes.contentType ?? source.head.ContentType });
  const changesNothing =
    source.address.versionId === undefined && !changesDescription(changes) && changes.tags === undefined;
  if (isOntoItself(source.address, to) && changesNothing) {
    throw badUserInput("to", "A copy of an object onto itself has to change something.");
  }
  if (!changes.overwrite) await assertNoObject(await s3(), to);
  const stored = await transfer(request, source);
  const seen = await asSeenByHead(await s3(), stored);
  // Some stores ignore CopySourceIfMatch, so the source may have changed before it was copied.
  if (isObjectHead(seen) && bareEtag(seen.etag) === bareEtag(stored.etag)) {
    authorize({ sizeBytes: seen.sizeBytes, contentType: seen.contentType });
  }
  return seen;
}

function transferWithinS3(request: CopyObjectRequest, source: CopySource): Promise<StoredObject> {
  const { singleCopyBytes = maxSinglePutBytes } = request;
  const isSmall = (source.head.ContentLength ?? 0) <= singleCopyBytes;
  return isSmall ? copyInOneCall(request, source) : copyInParts(request, source);
}
