import type { PromisedUpload } from "../storage/upload-id.ts";
import { planWith } from "../storage/upload-plan.ts";
import type { RequestContext } from "./context.ts";
import { MultipartUpload } from "./types/multipart-upload.ts";

/**
 * An upload as the schema shows it.
 * @param request what requestUpload made it for; none where it was found by its id
 */
export function toMultipartUpload(
  { services }: RequestContext,
  upload: PromisedUpload,
  request?: MultipartUpload["request"],
): MultipartUpload {
  const { bucket, key, region, sizeBytes, partBytes, startedAt } = upload;
  return Object.assign(new MultipartUpload(), {
    id: services.uploadIds.seal(upload),
    bucket,
    key,
    region,
    size: sizeBytes,
    partSize: partBytes,
    partCount: planWith(sizeBytes, partBytes).partCount,
    startedAt,
    ...{ upload, request },
  });
}
