import { ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { badUserInput } from "../../core/errors.ts";
import type { BucketAddress, ObjectAddress, ObjectKey } from "../../core/object-address.ts";
import { withStorageErrors } from "../client/to-storage-error.ts";
import { checkPageSize, decodeListedKey, maxPageSize } from "../objects/list-objects.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

/** A multipart upload in progress, as S3 lists it. */
export interface PendingUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
  /** Undefined if the store does not return it. */
  readonly startedAt: Date | undefined;
  /** Who began the upload, in the store's own notation. AWS returns the ARN of a role session. */
  readonly initiator: string | undefined;
  readonly cursor: string;
}

export interface PendingUploadPage {
  readonly uploads: readonly PendingUpload[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | undefined;
}

export interface PendingUploadsRequest {
  readonly prefix: string;
  /** 1 to 1,000. */
  readonly first: number;
  /** A cursor of an earlier page. */
  readonly after?: string | undefined;
}

/** A valid request for a page. */
export interface PageOfPendingUploads {
  readonly prefix: string;
  readonly first: number;
  /** The key and the upload id at the end of the previous page. */
  readonly place: readonly [string, string] | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (first, after) */
export function parsePendingPage({ prefix, first, after }: PendingUploadsRequest): PageOfPendingUploads {
  checkPageSize(first);
  return { prefix, first, place: after === undefined ? undefined : openCursor(after, prefix) };
}

/**
 * One page of the multipart uploads in progress below a prefix, by key.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND, FORBIDDEN, STORAGE_UNAVAILABLE
 */
export async function listPendingUploads(
  s3: S3Client,
  { bucket }: BucketAddress,
  { prefix, first, place }: PageOfPendingUploads,
): Promise<PendingUploadPage> {
  const [keyMarker, uploadIdMarker] = place ?? [];
  const output = await withStorageErrors(
    { operation: "ListMultipartUploads", subject: "bucket" },
    s3.send(
      new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: prefix,
        MaxUploads: first,
        KeyMarker: keyMarker,
        UploadIdMarker: uploadIdMarker,
        EncodingType: "url",
      }),
    ),
  );
  const uploads = (output.Uploads ?? []).map(
    ({ Key = "", UploadId = "", Initiated, Initiator }): PendingUpload => {
      const key = decodeListedKey(Key) as ObjectKey;
      return {
        key,
        uploadId: UploadId,
        startedAt: Initiated,
        initiator: Initiator?.ID,
        cursor: sealCursor(key, UploadId),
      };
    },
  );
  return {
    // IAM cannot restrict this list to a prefix, so the prefix is enforced here.
    uploads: uploads.filter(({ key }) => key.startsWith(prefix)),
    hasNextPage: output.IsTruncated ?? false,
    endCursor: uploads.at(-1)?.cursor,
  };
}

const cursorFields = z.tuple([z.string().max(1024), z.string().max(2048)]);
const maxCursorCharacters = 6_144;

function sealCursor(key: string, uploadId: string): string {
  return Buffer.from(JSON.stringify([key, uploadId])).toString("base64url");
}

function openCursor(cursor: string, prefix: string): z.output<typeof cursorFields> {
  try {
    if (cursor.length > maxCursorCharacters) throw new RangeError("too long");
    const place = cursorFields.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    if (!place[0].startsWith(prefix)) throw new RangeError("of another listing");
    return place;
  } catch {
    throw badUserInput("after", "This is not a cursor of this listing.");
  }
}

const maxPagesOfKey = 10;

/** The multipart uploads in progress of one key, at most 10,000 of them. */
export async function listPendingUploadsOfKey(
  s3: S3Client,
  address: ObjectAddress,
): Promise<PendingUpload[]> {
  const found: PendingUpload[] = [];
  let after: string | undefined;
  for (let page = 0; page < maxPagesOfKey; page += 1) {
    const listed = await listPendingUploads(
      s3,
      address,
      parsePendingPage({ prefix: address.key, first: maxPageSize, after }),
    );
    const ofKey = listed.uploads.filter(({ key }) => key === address.key);
    found.push(...ofKey);
    // A key is listed before all longer keys that start with it.
    if (!listed.hasNextPage || listed.endCursor === undefined || ofKey.length < listed.uploads.length) break;
    after = listed.endCursor;
  }
  return found;
}

/** The time when an upload began, according to S3's list of uploads. Undefined if the list does not contain it. */
export async function startOfUpload(
  s3: S3Client,
  { uploadId, ...address }: UploadAddress,
): Promise<Date | undefined> {
  const pending = await listPendingUploadsOfKey(s3, address);
  return pending.find((upload) => upload.uploadId === uploadId)?.startedAt;
}
