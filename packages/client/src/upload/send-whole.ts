import type { StoredObject } from "../core/objects.ts";
import { type PutUpload, requestUpload } from "./request-upload.ts";
import { StoreError } from "./store-error.ts";
import type { UploadSteps } from "./upload-steps.ts";

/** Sends the file with one PUT request. */
export async function sendWhole(steps: UploadSteps, requested: PutUpload): Promise<StoredObject> {
  const { flow, sender, file, checksums } = steps;
  let upload: PutUpload | undefined = requested;
  const response = await flow.run(
    async (signal) => {
      upload ??= (await requestUpload(steps, signal)) as PutUpload;
      const { url, headers } = upload;
      const onProgress = (bytes: number) => steps.reportBytes(0, bytes);
      return await sender.send({ url, headers, body: file, signal, onProgress }, async () =>
        checksums === undefined ? false : await checksums.hasChanged(0, file.size),
      );
    },
    {
      onFailure: (error) => {
        steps.reportBytes(0, 0);
        if (error instanceof StoreError && error.remedy === "sign") upload = undefined;
      },
    },
  );
  steps.reportBytes(0, file.size);
  const { bucket, key, region } = requested;
  return {
    bucket,
    key,
    region,
    size: file.size,
    // The bucket's CORS rule has to expose it.
    etag: response.header("etag")?.replaceAll('"', "") ?? "",
    lastModified: undefined,
    versionId: response.header("x-amz-version-id") ?? undefined,
    contentType: steps.options.contentType ?? (file.type || undefined),
  };
}
