import { ValetKeyError } from "../../core/errors.ts";
import { fittingParts } from "../../storage/multipart/multipart-uploads.ts";
import { planWith } from "../../storage/multipart/upload-plan.ts";
import { bareEtag } from "../../storage/objects/stored-object.ts";
import type { RequestContext } from "../context.ts";
import type { MultipartUpload, UploadedPart } from "./multipart-upload.ts";
import { openDescribedUpload } from "./open-upload.ts";
import { toMultipartUpload } from "./to-multipart-upload.ts";

/** Undefined if the upload has been completed or aborted. */
export async function findUpload(context: RequestContext, id: string): Promise<MultipartUpload | undefined> {
  const upload = openDescribedUpload(context, id);
  try {
    await context.loaders.parts.load(upload);
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "UPLOAD_NOT_FOUND") return undefined;
    throw error;
  }
  // The id that the client sent, even if it has an older format: clients cache by it.
  return toMultipartUpload(upload, id);
}

/** The parts that S3 has received, in ascending order, without parts of the wrong size. */
export async function uploadedParts(
  { loaders }: RequestContext,
  { upload }: MultipartUpload,
): Promise<UploadedPart[]> {
  const held = await loaders.parts.load(upload);
  return fittingParts(planWith(upload.sizeBytes, upload.partBytes), held).map(
    ({ number, sizeBytes, etag, uploadedAt }) => ({
      number,
      size: sizeBytes,
      etag: bareEtag(etag),
      uploadedAt: uploadedAt ?? null,
    }),
  );
}
