import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import { planWith } from "../../storage/multipart/upload-plan.ts";
import { MultipartUpload } from "./multipart-upload.ts";

/** Converts an upload to the type of the schema. */
export function toMultipartUpload(upload: UploadDescriptor, id: string): MultipartUpload {
  const { bucket, key, region, sizeBytes, partBytes } = upload;
  return Object.assign(new MultipartUpload(), {
    id,
    bucket,
    key,
    region,
    size: sizeBytes,
    partSize: partBytes,
    partCount: planWith(sizeBytes, partBytes).partCount,
    upload,
  });
}
