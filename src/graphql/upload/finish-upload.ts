import * as multipart from "../../storage/multipart/complete-upload.ts";
import { abortMultipartUpload } from "../../storage/multipart/multipart-uploads.ts";
import { assertEveryPart, type CompletedPart } from "../../storage/multipart/part-list.ts";
import { toUploadKey } from "../../storage/multipart/upload-descriptor.ts";
import type { ObjectHead, StoredObject } from "../../storage/objects/stored-object.ts";
import type { RequestContext } from "../context.ts";
import { knownChecksum, withChecksumValue } from "./completion-checksum.ts";
import { authorizeStartedUpload, openDescribedUpload, openUpload } from "./open-upload.ts";

/** What a client knows about its upload when it completes it. */
export interface GivenCompletion {
  readonly parts?: readonly CompletedPart[] | undefined;
  /** The value of the whole object's checksum. */
  readonly checksum?: string | undefined;
}

/** @throws {ValetKeyError} UPLOAD_INCOMPLETE, UPLOAD_NOT_FOUND, OBJECT_EXISTS, CHECKSUM_MISMATCH, FORBIDDEN, BAD_USER_INPUT (id, checksum) */
export async function completeUpload(
  context: RequestContext,
  id: string,
  { parts, checksum }: GivenCompletion = {},
): Promise<StoredObject | ObjectHead> {
  const upload = withChecksumValue(openDescribedUpload(context, id), checksum);
  await authorizeStartedUpload(context, upload);
  if (parts !== undefined) assertEveryPart(upload, parts);
  const stored = await context.callS3(upload, (s3, there) =>
    multipart.completeUpload(s3, there, context.services.recentCompletions, parts),
  );
  const once = JSON.stringify(["completeUpload", toUploadKey(upload)]);
  const given = { contentType: upload.contentType, checksum: knownChecksum(upload) };
  await context.wrote(stored, { by: "completeUpload", given, once });
  return stored;
}

/** An upload that has already ended is no error. */
export async function abortUpload(context: RequestContext, id: string): Promise<void> {
  await context.callS3(openUpload(context, id), (s3, there) => abortMultipartUpload(s3, there));
}
