import type { S3Client } from "@aws-sdk/client-s3";
import type { BucketAddress, ObjectKey } from "../../core/object-address.ts";
import { maxPageSize } from "../objects/list-objects.ts";
import { abortMultipartUpload } from "./multipart-uploads.ts";
import { listPendingUploads, type PendingUploadPage, parsePendingPage } from "./pending-uploads.ts";

export interface SweepOptions {
  /** Younger uploads may still be in progress. */
  readonly olderThanHours: number;
  readonly prefix?: string | undefined;
  /** Only reports what would be aborted. */
  readonly dryRun?: boolean | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface SweptUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
  readonly startedAt: Date;
  /** `pending`: found in a dry run, and not aborted. */
  readonly outcome: "pending" | "aborted" | "failed";
  readonly error?: unknown;
}

/**
 * Aborts old multipart uploads, such as those of a process that was killed.
 *
 * @param clients `listing` returns a client that may list the bucket's uploads, and `s3` one that may abort them. Both
 * are called repeatedly, because a sweep may take longer than credentials live.
 * @throws {ValetKeyError} if S3 does not list the uploads. An upload that cannot be aborted is reported as an outcome.
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
    // The next page is requested before this page's last upload is aborted, because a store may need it as a marker.
    const next: PendingUploadPage | undefined =
      page.hasNextPage && page.endCursor !== undefined ? await pageAfter(page.endCursor) : undefined;
    for (const { key, uploadId, startedAt } of page.uploads) {
      // The age of an upload without a date is unknown.
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
