import type { Body, Meta, UppyFile } from "@uppy/core";
import type { ValetKeyUppyOptions } from "./options.ts";

/**
 * Removes from S3 what an upload has left there that failed, or that a reload of the page has ended. If that is not
 * possible, the parts stay until the bucket's lifecycle rule removes them.
 */
export async function abortLeftUpload<M extends Meta, B extends Body>(
  { client, destination }: Pick<ValetKeyUppyOptions<M, B>, "client" | "destination">,
  file: UppyFile<M, B>,
): Promise<void> {
  try {
    const { bucket, key, region } = await destination(file);
    const uploads = await client.pendingUploads({ bucket, prefix: key, region });
    await Promise.all(uploads.filter((upload) => upload.key === key).map((upload) => upload.abort()));
  } catch {
    // The file is gone from the list: nobody waits for this.
  }
}
