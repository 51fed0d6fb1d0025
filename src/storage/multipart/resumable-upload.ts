import { ListPartsCommand, type S3Client } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import { mapConcurrently } from "../../core/map-concurrently.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { ChecksumAlgorithm } from "../checksums/checksum.ts";
import { withStorageErrors } from "../client/to-storage-error.ts";
import { fittingParts, listParts, type UploadedPart } from "./multipart-uploads.ts";
import { listPendingUploadsOfKey, type PendingUpload } from "./pending-uploads.ts";
import type { RecentUploadTerms, UploadTerms } from "./recent-upload-terms.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

/** An upload that a client may continue. */
export interface ResumableUpload {
  readonly upload: UploadAddress;
  readonly startedAt: Date;
  /** The parts that fit the plan. All others have to be sent again. */
  readonly parts: readonly UploadedPart[];
}

/** What the caller requests now. An upload is resumed only if it was begun with the same terms. */
export interface ResumeRequest {
  readonly terms: UploadTerms;
  /** The name of the caller's role session. Uploads that another session began are skipped. */
  readonly sessionName?: string | undefined;
  readonly begun: RecentUploadTerms;
  /**
   * Whether an upload may be resumed whose terms are unknown, because another process began it. The caller's grants then
   * have to allow this size for every content type that they allow, and no other caller may share the session.
   */
  readonly mayResumeUnknown: boolean;
}

/** The maximum number of uploads of one key that are considered, the newest first. */
const maxCandidates = 100;
const candidatesInParallel = 8;

/**
 * The newest upload in progress of a key that has parts which fit the plan or, if there is none, the newest one that
 * is known to have begun with the same terms. Only the newest 100 uploads of the key are considered.
 *
 * @param clients `listing` may list the bucket's uploads, and `s3` may list the parts of uploads to the key
 */
export async function findResumableUpload(
  clients: { readonly s3: S3Client; readonly listing: S3Client },
  address: ObjectAddress,
  request: ResumeRequest,
): Promise<ResumableUpload | undefined> {
  const pending = await listPendingUploadsOfKey(clients.listing, address);
  const candidates = pending
    .filter(({ initiator }) => !isOfAnotherSession(initiator, request.sessionName))
    .sort((a, b) => startOf(b).getTime() - startOf(a).getTime())
    .slice(0, maxCandidates);
  const { region, bucket, key } = address;
  await request.begun.load(candidates.map(({ uploadId }) => ({ region, bucket, key, uploadId })));
  let withoutParts: ResumableUpload | undefined;
  for (let from = 0; from < candidates.length; from += candidatesInParallel) {
    const next = candidates.slice(from, from + candidatesInParallel);
    const resumable = await mapConcurrently(next, candidatesInParallel, ({ uploadId, ...pendingUpload }) => {
      const candidate = { upload: { region, bucket, key, uploadId }, startedAt: startOf(pendingUpload) };
      return resumableIfSameTerms(clients.s3, candidate, request);
    });
    const found = resumable.filter((each) => each !== undefined);
    const withParts = found.find(({ parts }) => parts.length > 0);
    if (withParts !== undefined) return withParts;
    withoutParts ??= found[0];
  }
  return withoutParts;
}

async function resumableIfSameTerms(
  s3: S3Client,
  candidate: Omit<ResumableUpload, "parts">,
  { terms, begun, mayResumeUnknown }: ResumeRequest,
): Promise<ResumableUpload | undefined> {
  const { upload } = candidate;
  const hasSameTerms = begun.haveTerms(upload, terms);
  if (hasSameTerms === false || (hasSameTerms === undefined && !mayResumeUnknown)) return undefined;
  const held = await partsIfStillThere(s3, upload);
  if (held === undefined) return undefined;
  const parts = fittingParts(terms.plan, held);
  // The size of the file is derived from the length of a part, so an upload without parts could be of any file.
  if (parts.length === 0 && hasSameTerms === undefined) return undefined;
  // The terms include the algorithm, so S3 does not have to be asked for it. Ceph would not know it.
  const isFit = hasSameTerms === true || (await hasChecksum(s3, upload, terms.checksumAlgorithm));
  return isFit ? { ...candidate, parts } : undefined;
}

/** Stores other than AWS may not return the session. */
function isOfAnotherSession(initiator = "", sessionName: string | undefined): boolean {
  const nameOfInitiator = /^arn:[^:]*:sts::[^:]*:assumed-role\/[^/]+\/(.+)$/.exec(initiator)?.[1];
  return nameOfInitiator !== undefined && sessionName !== undefined && nameOfInitiator !== sessionName;
}

function startOf({ startedAt }: Pick<PendingUpload, "startedAt">): Date {
  return startedAt ?? new Date(0);
}

async function partsIfStillThere(s3: S3Client, upload: UploadAddress): Promise<UploadedPart[] | undefined> {
  try {
    return await listParts(s3, upload);
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "UPLOAD_NOT_FOUND") return undefined;
    throw error;
  }
}

/** An upload that was begun without a checksum cannot be completed with one. */
async function hasChecksum(
  s3: S3Client,
  { bucket, key, uploadId }: UploadAddress,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<boolean> {
  if (algorithm === undefined) return true;
  const response = await withStorageErrors(
    { operation: "ListParts", subject: "upload" },
    s3.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: 1 })),
  );
  return response.ChecksumAlgorithm === algorithm && response.ChecksumType === "FULL_OBJECT";
}
