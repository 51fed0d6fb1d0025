import { ListMultipartUploadsCommand, ListPartsCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import type { BucketAddress, ObjectAddress } from "../../core/object-address.ts";
import { boundedParallel } from "../client/bounded-parallel.ts";
import { asking } from "../client/s3-errors.ts";
import type { ChecksumAlgorithm } from "../headers/checksums.ts";
import { checkPageSize, decodeListedKey, maxPageSize } from "../objects/list-objects.ts";
import { fittingParts, listParts, type UploadedPart } from "./multipart-uploads.ts";
import type { UploadAddress } from "./upload-id.ts";
import type { UploadPlan } from "./upload-plan.ts";

/** A multipart upload in progress, as S3's list tells of it. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Undefined where the store does not say. */
  readonly startedAt: Date | undefined;
  /** Who began it, in words of the store's own. AWS: the ARN of a role session. */
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

/** A request for a page that can be. */
export interface PageOfPendingUploads {
  readonly prefix: string;
  readonly first: number;
  /** Key and upload id with which the page before it ends. */
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
  const answer = await asking(
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
  const uploads = (answer.Uploads ?? []).map(
    ({ Key = "", UploadId = "", Initiated, Initiator }): PendingUpload => {
      const key = decodeListedKey(Key);
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
    // S3's rights know no prefix for this list, so nothing but this line keeps it.
    uploads: uploads.filter(({ key }) => key.startsWith(prefix)),
    hasNextPage: answer.IsTruncated ?? false,
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
    throw badUserInput("after", "Not a cursor of this listing.");
  }
}

/** An upload that a client may go on with. */
export interface ResumableUpload {
  readonly upload: UploadAddress;
  readonly startedAt: Date;
  /** The parts that fit the plan; what else S3 holds is to be sent again. */
  readonly parts: readonly UploadedPart[];
}

/** What an upload has to be to be gone on with. */
export interface ResumeDemands {
  readonly plan: UploadPlan;
  /** Of the checksum that is promised now: an upload that was begun without it cannot be completed with it. */
  readonly algorithm?: ChecksumAlgorithm | undefined;
  /** The caller's: what another has begun may have a content type that this one may not upload, and S3 does not tell it. */
  readonly sessionName?: string | undefined;
}

/** How many uploads of one key are looked into, the newest first. */
const candidatesLooked = 100;
const lookedAtOnce = 8;
const pagesLooked = 10;

/**
 * The newest upload in progress of a key of which S3 holds parts that fit the plan, among the newest 100.
 *
 * @param clients.listing may list the bucket's uploads; `s3` may see into those of the key
 */
export async function findResumableUpload(
  { s3, listing }: { readonly s3: S3Client; readonly listing: S3Client },
  address: ObjectAddress,
  { plan, algorithm, sessionName }: ResumeDemands,
): Promise<ResumableUpload | undefined> {
  const pending = await pendingUploadsOf(listing, address);
  const candidates = pending.filter(({ initiator }) => !isOfAnother(initiator, sessionName));
  candidates.sort((a, b) => startOf(b).getTime() - startOf(a).getTime());
  const newest = candidates.slice(0, candidatesLooked);
  for (let from = 0; from < newest.length; from += lookedAtOnce) {
    const next = newest.slice(from, from + lookedAtOnce);
    const looked = await boundedParallel(next, lookedAtOnce, async ({ uploadId, ...candidate }) => {
      const upload = { region: address.region, bucket: address.bucket, key: address.key, uploadId };
      const parts = fittingParts(plan, await partsIfStillThere(s3, upload));
      if (parts.length === 0 || !(await hasChecksum(s3, upload, algorithm))) return undefined;
      return { upload, startedAt: startOf(candidate), parts };
    });
    const found = looked.find((each) => each !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As far as the store says so. */
function isOfAnother(initiator = "", sessionName: string | undefined): boolean {
  const nameOfInitiator = /^arn:[^:]*:sts::[^:]*:assumed-role\/[^/]+\/(.+)$/.exec(initiator)?.[1];
  return nameOfInitiator !== undefined && sessionName !== undefined && nameOfInitiator !== sessionName;
}

function startOf({ startedAt }: Pick<PendingUpload, "startedAt">): Date {
  return startedAt ?? new Date(0);
}

async function pendingUploadsOf(s3: S3Client, address: ObjectAddress): Promise<PendingUpload[]> {
  const found: PendingUpload[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesLooked; page += 1) {
    const listed = await listPendingUploads(
      s3,
      address,
      parsePendingPage({ prefix: address.key, first: maxPageSize, after }),
    );
    const ofKey = listed.uploads.filter(({ key }) => key === address.key);
    found.push(...ofKey);
    // The key itself sorts before all longer ones.
    if (!listed.hasNextPage || listed.endCursor === undefined || ofKey.length < listed.uploads.length) break;
    after = listed.endCursor;
  }
  return found;
}

async function partsIfStillThere(s3: S3Client, upload: UploadAddress): Promise<UploadedPart[]> {
  try {
    return await listParts(s3, upload);
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "UPLOAD_NOT_FOUND") return [];
    throw error;
  }
}

async function hasChecksum(
  s3: S3Client,
  { bucket, key, uploadId }: UploadAddress,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<boolean> {
  if (algorithm === undefined) return true;
  const answer = await asking(
    { operation: "ListParts", subject: "upload" },
    s3.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: 1 })),
  );
  return answer.ChecksumAlgorithm === algorithm && answer.ChecksumType === "FULL_OBJECT";
}
