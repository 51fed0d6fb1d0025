import type { StoredObject } from "../core/objects.ts";
import { confirm } from "./confirm.ts";
import { type PutUpload, requestUpload } from "./request-upload.ts";
import { StoreError } from "./store-error.ts";
import type { UploadSteps } from "./upload-steps.ts";

/** Sends the file with one PUT request, and has the server confirm it. */
export async function sendWhole(steps: UploadSteps, requested: PutUpload): Promise<StoredObject> {
  const { flow, sender, file, checksums } = steps;
  let upload: PutUpload | undefined = requested;
  const receipt = await flow.run(
    async (signal) => {
      upload ??= (await requestUpload(steps, { signal })) as PutUpload;
      const { url, headers, receipt } = upload;
      const onProgress = (bytes: number) => steps.reportBytes(0, bytes);
      await sender.send({ url, headers, body: file, signal, onProgress }, async () =>
        checksums === undefined ? false : await checksums.hasChanged(0, file.size),
      );
      return receipt;
    },
    {
      onFailure: (error) => {
        steps.reportBytes(0, 0);
        if ((error as StoreError).remedy === "sign") upload = undefined;
      },
    },
  );
  steps.reportBytes(0, file.size);
  return await confirm(steps, receipt);
}
