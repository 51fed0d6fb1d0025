import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { HeadObjectCommand, PutObjectCommand, type S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { ObjectAddress } from "../object-address.ts";
import type { AbandonedUploads } from "./abandoned-uploads.ts";
import { type Checksum, type RunningChecksum, runningChecksum } from "./checksums.ts";
import { type CompletedPart, completeParts } from "./complete-upload.ts";
import { refuseExisting, versionOf } from "./head-object.ts";
import { abortMultipartUpload, createMultipartUpload } from "./multipart-uploads.ts";
import { PartReader, type ReadPart } from "./part-reader.ts";
import { asking, describeFailure, storageError, toStorageError } from "./s3-errors.ts";
import { bareEtag, type StoredObject } from "./stored-object.ts";
import type { Reservation, UploadBudget } from "./upload-budget.ts";
import type { UploadAddress } from "./upload-id.ts";
import {
  checksumParameter,
  descriptiveParameters,
  forbidsOverwrite,
  promisedChecksum,
  type UploadHeaderMap,
} from "./upload-parameters.ts";
import { maxPartCount, minPartBytes } from "./upload-plan.ts";

export interface StreamedUploadRequest {
  /** Asked anew for every call to S3: a long upload outlives its first role session. */
  readonly s3: () => Promise<S3Client>;
  readonly address: ObjectAddress;
  /** Destroyed when the upload fails. */
  readonly body: Readable;
  /** Exactly this many pass. Where the body is known to be smaller, less of the budget is set aside. */
  readonly limitBytes: number;
  /** What `uploadHeaders` made: checksum and overwrite rule included. */
  readonly headers: UploadHeaderMap;
  readonly budget: UploadBudget;
  /** Takes the uploads that S3 could not be made to abort. */
  readonly abandoned: AbandonedUploads;
  readonly metrics?: Pick<Metrics, "uploadBytes" | "uploadsInFlight"> | undefined;
  /** Ends the upload; nothing is stored. */
  readonly signal?: AbortSignal | undefined;
}

const partsInFlight = 2;
const MiB = 1024 ** 2;

/**
 * Stores a stream of unknown length as one object: whole, or not at all. A body that fits into one part
 * is one PutObject, a longer one a multipart upload; memory is bounded by the budget, not by the body.
 *
 * @throws {ValetKeyError} UPLOAD_TOO_LARGE, UPLOAD_INCOMPLETE (the body broke off), CHECKSUM_MISMATCH,
 * OBJECT_EXISTS, OVERLOADED, FORBIDDEN, BUCKET_NOT_FOUND, STORAGE_UNAVAILABLE; what the body was
 * destroyed with, if that is a ValetKeyError
 */
export async function streamUpload(request: StreamedUploadRequest): Promise<StoredObject> {
  const { body, signal, metrics } = request;
  const stop = () => body.destroy(interruption(signal));
  // Until it is read, nobody else listens to it; when it is, its reader hears of the error too.
  body.on("error", () => {});
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  metrics?.uploadsInFlight.inc();
  try {
    return await store(request);
  } catch (error) {
    body.destroy();
    throw signal?.aborted ? interruption(signal) : toUploadError(error);
  } finally {
    signal?.removeEventListener("abort", stop);
    metrics?.uploadsInFlight.dec();
  }
}

async function store(request: StreamedUploadRequest): Promise<StoredObject> {
  const { s3, address, body, headers, limitBytes, metrics } = request;
  if (forbidsOverwrite(headers)) await refuseExisting(await s3(), address);
  const promised = promisedChecksum(headers);
  const running = promised && runningChecksum(promised.algorithm);
  const reader = new PartReader(body, {
    limitBytes,
    onChunk: (chunk) => {
      running?.update(chunk);
      metrics?.uploadBytes.inc(chunk.length);
    },
  });
  const verify = () => verifyChecksum(promised, running);
  const partBytes = partBytesFor(limitBytes);

  const reservation = await request.budget.reserve(Math.min(partBytes, limitBytes), request.signal);
  let isSent = false;
  try {
    const first = await reader.fill(reservation.buffer);
    if (first.isLast) {
      verify();
      const stored = await putWhole(request, first.bytes, promised);
      isSent = true;
      return stored;
    }
    return await storeInParts(request, { reader, partBytes, first, reservation, promised, verify });
  } finally {
    reservation.release(isSent);
  }
}

interface PartedUpload {
  readonly reader: PartReader;
  readonly partBytes: number;
  readonly first: ReadPart;
  readonly reservation: Reservation;
  readonly promised: Checksum | undefined;
  readonly verify: () => void;
}

async function putWhole(
  { s3, address, headers, signal }: StreamedUploadRequest,
  bytes: Buffer,
  promised: Checksum | undefined,
): Promise<StoredObject> {
  const { region, bucket, key } = address;
  const client = await s3();
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentLength: bytes.length,
    IfNoneMatch: headers["if-none-match"],
    ...descriptiveParameters(headers),
    ...checksumParameter(promised),
  });
  try {
    const answer = await client.send(put, { ...(signal && { abortSignal: signal }) });
    return {
      region,
      bucket,
      key,
      sizeBytes: bytes.length,
      etag: answer.ETag ?? "",
      versionId: versionOf(answer.VersionId),
    };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "PutObject", subject: "bucket" });
    // A retry is refused for the sake of the very object that the first try has stored.
    const mayBeOurs = error.code === "OBJECT_EXISTS" && describeFailure(cause).attempts > 1;
    const stored = mayBeOurs ? await storedAsWritten(client, address, bytes) : undefined;
    if (stored === undefined) throw error;
    return stored;
  }
}

async function storedAsWritten(
  s3: S3Client,
  address: ObjectAddress,
  bytes: Buffer,
): Promise<StoredObject | undefined> {
  const { region, bucket, key } = address;
  const head = await asking(
    { operation: "HeadObject" },
    s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  const etag = head.ETag ?? "";
  if (bareEtag(etag) !== createHash("md5").update(bytes).digest("hex")) return undefined;
  return { region, bucket, key, sizeBytes: bytes.length, etag, versionId: versionOf(head.VersionId) };
}

async function storeInParts(request: StreamedUploadRequest, parted: PartedUpload): Promise<StoredObject> {
  const { s3, address, headers, body } = request;
  const { reader, promised, verify } = parted;
  // SHA digests of a whole multipart object are unknown to S3: that one is verified here alone.
  const checksum = promised?.algorithm.startsWith("SHA") ? undefined : promised;
  const upload = await createMultipartUpload(await s3(), address, {
    ...withoutChecksum(headers),
    ...(checksum && { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value }),
  });
  try {
    const parts = await sendParts(request, upload, parted, checksum);
    verify();
    const terms = { sizeBytes: reader.totalBytes, overwrite: !forbidsOverwrite(headers), checksum };
    return await completeParts(await s3(), upload, parts, terms);
  } catch (error) {
    body.destroy();
    await leaveNothingBehind(request, upload);
    throw error;
  }
}

/** Reads part n + 1 while part n is on its way. Settles only when no part is on its way any more. */
async function sendParts(
  request: StreamedUploadRequest,
  upload: UploadAddress,
  { reader, partBytes, first, reservation }: PartedUpload,
  checksum: Checksum | undefined,
): Promise<CompletedPart[]> {
  const { budget, body, signal } = request;
  const ended = new AbortController();
  const cancelled = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  const parts: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();

  const send = (number: number, bytes: Buffer, held: Reservation) => {
    const sending = sendPart(request, upload, { number, bytes, checksum }, cancelled)
      .then((part) => {
        parts.push(part);
        held.release();
      })
      .catch((error: unknown) => {
        held.release(false);
        const failure = toStorageError(error, { operation: "UploadPart", subject: "upload" });
        // The reader waits for the client; this wakes it up.
        body.destroy(failure);
        ended.abort(failure);
      })
      .finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  };

  try {
    send(1, first.bytes, reservation);
    let isLast = first.isLast;
    for (let number = 2; !isLast; number += 1) {
      if (inFlight.size >= partsInFlight) await Promise.race(inFlight);
      const held = await budget.reserve(partBytes, cancelled);
      try {
        const part = await reader.fill(held.buffer);
        isLast = part.isLast;
        send(number, part.bytes, held);
      } catch (error) {
        held.release();
        throw error;
      }
    }
    await Promise.all(inFlight);
    ended.signal.throwIfAborted();
    return parts.sort((a, b) => a.number - b.number);
  } catch (error) {
    ended.abort(error);
    throw ended.signal.reason;
  } finally {
    await Promise.all(inFlight);
  }
}

interface PartToSend {
  readonly number: number;
  readonly bytes: Buffer;
  readonly checksum: Checksum | undefined;
}

async function sendPart(
  { s3 }: StreamedUploadRequest,
  { bucket, key, uploadId }: UploadAddress,
  { number, bytes, checksum }: PartToSend,
  abortSignal: AbortSignal,
): Promise<CompletedPart> {
  const client = await s3();
  const { ETag: etag } = await client.send(
    new UploadPartCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.length,
      ...(checksum && { ChecksumAlgorithm: checksum.algorithm }),
    }),
    { abortSignal },
  );
  if (etag === undefined) throw storageError("STORAGE_UNAVAILABLE");
  return { number, etag };
}

async function leaveNothingBehind(
  { s3, abandoned }: StreamedUploadRequest,
  upload: UploadAddress,
): Promise<void> {
  try {
    await abortMultipartUpload(await s3(), upload);
  } catch {
    abandoned.add(upload, s3);
  }
}

/** The smallest parts with which S3 takes a body of that length. */
function partBytesFor(limitBytes: number): number {
  return Math.max(minPartBytes, Math.ceil(limitBytes / maxPartCount / MiB) * MiB);
}

function verifyChecksum(promised: Checksum | undefined, running: RunningChecksum | undefined): void {
  if (promised !== undefined && running?.digest() !== promised.value) throw storageError("CHECKSUM_MISMATCH");
}

function withoutChecksum(headers: UploadHeaderMap): UploadHeaderMap {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("x-amz-checksum-")));
}

function interruption(signal: AbortSignal | undefined): ValetKeyError {
  const reason: unknown = signal?.reason;
  if (reason instanceof ValetKeyError) return reason;
  return new ValetKeyError(
    "UPLOAD_INCOMPLETE",
    "The upload was ended before it was complete; nothing was stored.",
    {
      cause: reason,
    },
  );
}

/** Calls to S3 fail with a ValetKeyError, so what is left is the body's own failure. */
function toUploadError(error: unknown): ValetKeyError {
  return error instanceof ValetKeyError ? error : storageError("UPLOAD_INCOMPLETE", { cause: error });
}
