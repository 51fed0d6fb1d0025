import { allowsSizeForEveryType } from "../../access/authorization.ts";
import { isSharedSessionName } from "../../access/session-name.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { principalKey } from "../../core/principal.ts";
import type { UploadChecksum } from "../../storage/checksums/checksum.ts";
import { createMultipartUpload } from "../../storage/multipart/multipart-uploads.ts";
import type { UploadTerms } from "../../storage/multipart/recent-upload-terms.ts";
import { findResumableUpload } from "../../storage/multipart/resumable-upload.ts";
import type { UploadAddress } from "../../storage/multipart/upload-descriptor.ts";
import type { RequestContext } from "../context.ts";
import type { MultipartUpload } from "./multipart-upload.ts";
import { toMultipartUpload } from "./to-multipart-upload.ts";

interface MultipartTerms extends UploadTerms {
  readonly checksum: UploadChecksum | undefined;
  readonly resumed: ResumedUpload | undefined;
  readonly expiresInSeconds: number;
}

type ResumedUpload = UploadAddress & { readonly startedAt: Date };

/** Starts a multipart upload, or continues the one that `findResumable` has found. */
export async function beginMultipart(
  context: RequestContext,
  address: ObjectAddress,
  { resumed, expiresInSeconds, checksum, ...terms }: MultipartTerms,
): Promise<MultipartUpload> {
  const { plan, description, checksumAlgorithm } = terms;
  const begun = resumed ?? {
    startedAt: context.now(address.bucket),
    ...(await context.callS3(address, (s3, there) =>
      createMultipartUpload(s3, there, description, checksumAlgorithm),
    )),
  };
  const promised = {
    sizeBytes: plan.sizeBytes,
    partBytes: plan.partBytes,
    overwrite: description.overwrite,
    contentType: description.contentType,
    checksum,
  };
  const upload = { ...begun, ...promised };
  if (resumed === undefined) {
    await context.services.recentUploadTerms.remember(upload, {
      ...terms,
      caller: await callerInSharedSession(context, address),
    });
    // A new upload has no parts, so they are not requested from S3.
    context.loaders.parts.prime(upload, []);
  }
  const origin = { expiresInSeconds, isNew: resumed === undefined };
  return Object.assign(toMultipartUpload(upload, context.services.uploadIds.seal(upload)), { origin });
}

/**
 * The caller's newest upload to the key whose parts fit. Finding it takes two role sessions of the caller: one may
 * list uploads, the other may list their parts.
 */
export async function findResumable(
  context: RequestContext,
  address: ObjectAddress,
  terms: UploadTerms,
): Promise<ResumedUpload | undefined> {
  const found = await context.callS3(address, async (s3, there) => {
    const listing = await context.s3(there, "pending-uploads");
    const { sessionName } = await context.session(address.bucket);
    const caller = await callerInSharedSession(context, address);
    return findResumableUpload({ s3, listing }, there, {
      terms: { ...terms, caller },
      sessionName,
      // S3 does not tell apart the uploads of callers who share a session. Only what was remembered is the caller's own.
      mayResumeUnknown:
        caller === undefined && allowsSizeForEveryType(context.grants, address, terms.plan.sizeBytes),
      begun: context.services.recentUploadTerms,
    });
  });
  return found && { ...found.upload, startedAt: found.startedAt };
}

/** Names the caller if other callers share the session, so that the session's name does not. */
async function callerInSharedSession(
  context: RequestContext,
  { bucket }: ObjectAddress,
): Promise<string | undefined> {
  const { sessionName } = await context.session(bucket);
  const { principal } = context;
  return isSharedSessionName(sessionName) && principal.authenticated ? principalKey(principal) : undefined;
}
