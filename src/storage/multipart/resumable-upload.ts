import { ListPartsCommand, type S3Client } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { boundedParallel } from "../client/bounded-parallel.ts";
import { asking } from "../client/s3-errors.ts";
import type { ChecksumAlgorithm } from "../headers/checksums.ts";
import { fittingParts, listParts, type UploadedPart } from "./multipart-uploads.ts";
import { listPendingUploadsOfKey, type PendingUpload } from "./pending-uploads.ts";
import type { UploadAddress } from "./upload-descriptor.ts";
import type { UploadPlan } from "./upload-plan.ts";

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
  const pending = await listPendingUploadsOfKey(listing, address);
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
