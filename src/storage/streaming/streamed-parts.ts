import { UploadPartCommand } from "@aws-sdk/client-s3";
import type { Checksum } from "../checksums/checksum.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { joinParts } from "../multipart/join-parts.ts";
import { createMultipartUpload } from "../multipart/multipart-uploads.ts";
import { type CompletedPart } from "../multipart/part-list.ts";
import type { UploadAddress } from "../multipart/upload-descriptor.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import type { PartReader, ReadPart } from "./part-reader.ts";
import { streamedPartBytes } from "./streamed-part-sizes.ts";
import type { StreamedUploadRequest } from "./streamed-upload-request.ts";
import type { Reservation } from "./upload-budget.ts";

/** A body whose first part has been read and that is longer than one part. */
export interface PartedUpload {
  readonly reader: PartReader;
  readonly first: ReadPart;
  /** The memory of the first part. */
  readonly reservation: Reservation;
  /** Throws if the bytes that were read do not have the expected checksum. */
  readonly verify: () => void;
}

const partsInFlight = 2;

/** Stores the body with a multipart upload, which is aborted on failure. */
export async function storeInParts(
  request: StreamedUploadRequest,
  parted: PartedUpload,
): Promise<StoredObject> {
  const { s3, address, description, body, abandoned } = request;
  const { reader, verify } = parted;
  // S3 cannot compute the SHA digest of a whole multipart object, so it is verified only here.
  const checksum = description.checksum?.algorithm.startsWith("SHA") ? undefined : description.checksum;
  const upload = await createMultipartUpload(await s3(), address, { ...description, checksum });
  try {
    const parts = await sendParts(request, upload, parted, checksum);
    verify();
    const terms = { sizeBytes: reader.totalBytes, overwrite: description.overwrite, checksum };
    return await joinParts(await s3(), upload, parts, terms);
  } catch (error) {
    body.destroy();
    await abandoned.abort(upload, s3);
    throw error;
  }
}

/** Reads part n + 1 while part n is being sent. Settles only when no part is being sent any more. */
async function sendParts(
  request: StreamedUploadRequest,
  upload: UploadAddress,
  { reader, first, reservation }: PartedUpload,
  checksum: Checksum | undefined,
): Promise<CompletedPart[]> {
  const { budget, body, signal } = request;
  const ended = new AbortController();
  const end = () => ended.abort(signal?.reason);
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  const parts: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();

  const send = (number: number, bytes: Buffer, held: Reservation) => {
    const over = (mayReuse: boolean) => {
      inFlight.delete(sending);
      held.release(mayReuse);
    };
    const sending = sendPart(request, upload, { number, bytes, checksum }, ended.signal).then(
      (part) => {
        parts.push(part);
        over(true);
      },
      (error: unknown) => {
        const failure = toStorageError(error, { operation: "UploadPart", subject: "upload" });
        // The reader may be waiting for the client, and this ends the wait.
        body.destroy(failure);
        ended.abort(failure);
        over(false);
      },
    );
    inFlight.add(sending);
  };

  try {
    send(1, first.bytes, reservation);
    let isLast = first.isLast;
    for (let number = 2; !isLast; number += 1) {
      if (inFlight.size >= partsInFlight) await Promise.race(inFlight);
      const held = await budget.reserve(Math.min(streamedPartBytes(number), reader.maxBytesLeft), {
        signal: ended.signal,
        isUrgent: () => inFlight.size === 0,
        onWantedBack: (reason) => body.destroy(reason),
      });
      try {
        const part = await reader.fill(held);
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
    signal?.removeEventListener("abort", end);
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
