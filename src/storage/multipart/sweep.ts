import type { S3Client } from "@aws-sdk/client-s3";
import type { BucketAddress, ObjectKey } from "../../core/object-address.ts";
import { maxPageSize } from "../objects/list-objects.ts";
import { abortMultipartUpload } from "./multipart-uploads.ts";
import { listPendingUploads, type PendingUploadPage, parsePendingPage } from "./pending-uploads.ts";

export interface SweepOptions {
  /** Younger uploads may be under way still. */
  readonly olderThanHours: number;
  readonly prefix?: string | undefined;
  /** Only tell what would be aborted. */
  readonly dryRun?: boolean | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface SweptUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
  readonly startedAt: Date;
  /** `pending`: found, and left alone because this is a dry run. */
  readonly outcome: "pending" | "aborted" | "failed";
  readonly error?: unknown;
}

/**
 * Aborts the multipart uploads that nobody will complete, such as those of a process that was killed.
 *
 * @param clients.listing gives who may list the bucket's uploads, `s3` who may abort them; both are asked anew
 * as the sweep goes on, since it may take longer than credentials live
 * @throws {ValetKeyError} when S3 does not list them; an upload that cannot be aborted is an outcome
 */
export async function* sweepUploads(
  { s3, listing }: { readonly s3: () => Promise<S3Client>; readonly listing: () => Promise<S3Client> },
  bucket: BucketAddress,
  { olderThanHours, prefix = "", dryRun = true, now = () => new Date() }: SweepOptions,
): AsyncGenerator<SweptUpload> {
  const startedBefore = now().getTime() - olderThanHours * 3_600_000;
  const pageAfter = async (after?: string) =>
    listPendingUploads(await listing(), bucket, parsePendingPage({ prefix, first: maxPageSize, after }));
  let page: PendingUploadPage | undefined = await pageAfter();
  while (page !== undefined) {
    // Before this page's last upload is aborted: a store may have to find it to go on behind it.
    const next: PendingUploadPage | undefined =
      page.hasNextPage && page.endCursor !== undefined ? await pageAfter(page.endCursor) : undefined;
    for (const { key, uploadId, startedAt } of page.uploads) {
      // How old one without a date is, nobody knows.
      if (startedAt === undefined || startedAt.getTime() > startedBefore) continue;
      const found = { key, uploadId, startedAt };
      if (dryRun) yield { ...found, outcome: "pending" };
      else yield { ...found, ...(await aborted(await s3(), bucket, found)) };
    }
    page = next;
  }
}

async function aborted(
  s3: S3Client,
  { region, bucket }: BucketAddress,
  { key, uploadId }: Pick<SweptUpload, "key" | "uploadId">,
): Promise<Pick<SweptUpload, "outcome" | "error">> {
  try {
    await abortMultipartUpload(s3, { region, bucket, key, uploadId });
    return { outcome: "aborted" };
  } catch (error) {
    return { outcome: "failed", error };
  }
}
