import { authorizeUpload, authorizeUploadsBelow, type GrantedLimits } from "../../access/authorization.ts";
import { badUserInput } from "../../core/errors.ts";
import type { SealedUpload, UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";

/**
 * Opens the id of an upload. An id grants nothing by itself, so the caller must be allowed to upload to its key.
 * @throws {ValetKeyError} BAD_USER_INPUT (id), UPLOAD_NOT_FOUND, FORBIDDEN
 */
export function openUpload({ services, grants }: RequestContext, id: string): SealedUpload {
  const upload = services.uploadIds.open(id);
  authorizeUploadsBelow(grants, { bucket: upload.bucket, prefix: upload.key });
  return upload;
}

/**
 * The same for an upload whose size is known, which parts and completion need.
 * @throws {ValetKeyError} as `openUpload` does
 */
export function openDescribedUpload(context: RequestContext, id: string): UploadDescriptor {
  const upload = openUpload(context, id);
  if (upload.sizeBytes !== undefined) return upload;
  throw badUserInput(
    "id",
    "This id is from uploads of a server process that did not start the upload, so it does not contain the size of the file. To continue the upload, call requestUpload with resume: true. To end it, call abortUpload.",
  );
}

/**
 * Returns the limits of the grants that allow an upload with the size and content type that it was started with. Errors
 * name no field, because no argument of this request holds those values.
 * @throws {ValetKeyError} FORBIDDEN, CONTENT_TYPE_NOT_ALLOWED, UPLOAD_TOO_LARGE
 */
export function authorizeStartedUpload(
  { grants }: RequestContext,
  upload: UploadDescriptor,
): Promise<GrantedLimits> {
  const paths = { fieldPrefix: "", elsewhere: { size: undefined, contentType: undefined } };
  return withFieldPrefix(paths, () => authorizeUpload(grants, upload, upload));
}
