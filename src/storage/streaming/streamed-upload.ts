import { ValetKeyError } from "../../core/errors.ts";
import { inSpan } from "../../core/tracing.ts";
import { type Checksum } from "../checksums/checksum.ts";
import { type RunningChecksum, runningChecksum } from "../checksums/running-checksum.ts";
import { storageError } from "../client/storage-error.ts";
import { assertNoObject } from "../objects/assert-no-object.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import { PartReader } from "./part-reader.ts";
import { putWhole } from "./put-whole.ts";
import { streamedPartBytes } from "./streamed-part-sizes.ts";
import { storeInParts } from "./streamed-parts.ts";
import type { StreamedUploadRequest } from "./streamed-upload-request.ts";

/**
 * Stores a stream of unknown length as one object, completely or not at all. A body that fits into one part is stored with
 * PutObject, and a longer one with a multipart upload. Memory is limited by the budget and not by the body.
 *
 * @throws {ValetKeyError} UPLOAD_TOO_LARGE, UPLOAD_INCOMPLETE (the body ended early), CHECKSUM_MISMATCH,
 * OBJECT_EXISTS, OVERLOADED, FORBIDDEN, BUCKET_NOT_FOUND, STORAGE_UNAVAILABLE, and the ValetKeyError that the body was
 * destroyed with
 */
export function streamUpload(request: StreamedUploadRequest): Promise<StoredObject> {
  return inSpan("streamed upload", {}, () => storeOrStop(request));
}

/** Destroys the body when the upload fails or is to stop. */
async function storeOrStop(request: StreamedUploadRequest): Promise<StoredObject> {
  const { body, signal, metrics } = request;
  const stop = () => body.destroy(interruption(signal));
  // Nothing else listens for errors until the body is read. Then the reader receives the error too.
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
  const { s3, address, body, description, limitBytes, metrics } = request;
  if (!description.overwrite) await assertNoObject(await s3(), address);
  const { checksum } = description;
  const running = checksum && runningChecksum(checksum.algorithm);
  const reader = new PartReader(body, {
    limitBytes,
    onChunk: (chunk) => {
      running?.update(chunk);
      metrics?.uploadBytes.inc(chunk.length);
    },
  });
  const verify = () => verifyChecksum(checksum, running);

  const reservation = await request.budget.reserve(Math.min(streamedPartBytes(1), limitBytes), {
    signal: request.signal,
    onWantedBack: (reason) => body.destroy(reason),
  });
  let isSent = false;
  try {
    const first = await reader.fill(reservation);
    if (first.isLast) {
      verify();
      const stored = await putWhole(request, first.bytes);
      isSent = true;
      return stored;
    }
    return await storeInParts(request, { reader, first, reservation, verify });
  } finally {
    reservation.release(isSent);
  }
}

function verifyChecksum(expected: Checksum | undefined, running: RunningChecksum | undefined): void {
  if (expected !== undefined && running?.digest() !== expected.value) throw storageError("CHECKSUM_MISMATCH");
}

function interruption(signal: AbortSignal | undefined): ValetKeyError {
  const reason: unknown = signal?.reason;
  if (reason instanceof ValetKeyError) return reason;
  return storageError("UPLOAD_INCOMPLETE", { cause: reason });
}

/** Calls to S3 fail with a ValetKeyError, so any other error is one of the body. */
function toUploadError(error: unknown): ValetKeyError {
  return error instanceof ValetKeyError ? error : storageError("UPLOAD_INCOMPLETE", { cause: error });
}
