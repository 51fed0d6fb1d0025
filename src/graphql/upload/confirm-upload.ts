import { createHash } from "node:crypto";
import { allowsDownload, authorizeUpload } from "../../access/authorization.ts";
import { findPromisedObject } from "../../storage/confirmation/find-promised-object.ts";
import type { ObjectHead } from "../../storage/objects/stored-object.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";

/**
 * Checks that the object of a receipt has arrived and is what was promised, and calls the operator's hook.
 * @throws {ValetKeyError} BAD_USER_INPUT (receipt), FORBIDDEN, and what `findPromisedObject` and the hook throw
 */
export async function confirmUpload(context: RequestContext, receipt: string): Promise<ObjectHead> {
  const { services, grants } = context;
  const promise = services.uploadReceipts.open(receipt, (bucket) => context.now(bucket));
  const file = { sizeBytes: promise.maxBytes, contentType: promise.contentType };
  // No argument of this request holds those values.
  const paths = { fieldPrefix: "", elsewhere: { size: undefined, contentType: undefined } };
  await withFieldPrefix(paths, () => authorizeUpload(grants, promise, file));
  const purpose = allowsDownload(grants, promise) ? "objects" : "confirmation";
  const now = () => context.now(promise.bucket);
  const found = await context.callS3(promise, (s3, there) => findPromisedObject(s3, there, now), purpose);
  await context.wrote(found, { by: "confirmUpload", given: promise, once: identityOf(receipt, found) });
  return found;
}

/** An upload is reported once, and again if the same URL has stored another object meanwhile. */
function identityOf(receipt: string, { etag, versionId, lastModified }: ObjectHead): string {
  const found = JSON.stringify([receipt, etag, versionId, lastModified]);
  return createHash("sha256").update(found).digest("base64url");
}
