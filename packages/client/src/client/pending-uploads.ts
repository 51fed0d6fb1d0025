import { maxItems } from "../core/batches.ts";
import { pages } from "../core/pages.ts";
import type { Transport } from "../core/transport.ts";
import { abortUploadOperation, pendingUploadsOperation } from "../generated/strings.ts";

export interface PendingUploadsOptions {
  bucket: string;
  prefix?: string | undefined;
  region?: string | undefined;
}

/** A multipart upload that was left behind. To continue it, upload the same file again with `resume: true`. */
export interface PendingUpload {
  id: string;
  bucket: string;
  key: string;
  startedAt: Date;
  /** Deletes the parts that S3 has received. */
  abort(): Promise<void>;
}

export async function pendingUploads(
  transport: Transport,
  options: PendingUploadsOptions,
): Promise<PendingUpload[]> {
  const found: PendingUpload[] = [];
  const fetch = async (after: string | undefined) =>
    (await transport.request(pendingUploadsOperation, { ...options, first: maxItems, after })).uploads;
  for await (const { nodes } of pages(fetch)) {
    for (const { id, bucket, key, startedAt } of nodes) {
      const abort = async () => {
        await transport.request(abortUploadOperation, { id });
      };
      found.push({ id, bucket, key, startedAt, abort });
    }
  }
  return found;
}
