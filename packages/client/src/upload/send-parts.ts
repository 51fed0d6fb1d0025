import { ValetKeyError } from "../core/errors.ts";
import { type StoredObject, toStoredObject } from "../core/objects.ts";
import { noRetries } from "../core/retry.ts";
import { completeUploadOperation, multipartUploadOperation } from "../generated/strings.ts";
import { PartPool } from "./part-pool.ts";
import type { MultipartUpload } from "./request-upload.ts";
import { SignedParts } from "./signed-parts.ts";
import { StoreError } from "./store-error.ts";
import { finalGraceMs, type UploadSteps } from "./upload-steps.ts";

/** How often parts are looked for that S3 does not have, although they were sent. */
const maxRepairs = 2;

/** Sends the parts that S3 does not have, and completes the upload. */
export async function sendParts(steps: UploadSteps, upload: MultipartUpload): Promise<StoredObject> {
  let { uploadedParts } = upload;
  // While the others are sent. If it fails, the completion throws the error.
  hashParts(steps, upload).catch(() => {});
  for (let repairs = 0; ; repairs++) {
    const etags = new Map(uploadedParts.map(({ number, etag }) => [number, etag]));
    for (const { number, size } of uploadedParts) steps.reportPresent(number, size);
    await sendMissing(steps, upload, etags);
    try {
      return await complete(steps, upload, etags);
    } catch (error) {
      const isIncomplete = (error as ValetKeyError).code === "UPLOAD_INCOMPLETE";
      if (!isIncomplete || repairs >= maxRepairs) throw error;
    }
    const found = await steps.flow.run((signal) =>
      steps.transport.request(
        multipartUploadOperation,
        { id: upload.id },
        { signal, retryPolicy: noRetries },
      ),
    );
    if (found.upload === undefined)
      throw new ValetKeyError("The upload is gone.", { code: "UPLOAD_NOT_FOUND" });
    uploadedParts = found.upload.uploadedParts;
  }
}

/** The checksum of the file includes the parts that arrived before: they may be of another file. */
async function hashParts({ checksums, file }: UploadSteps, upload: MultipartUpload): Promise<void> {
  for (const { number } of upload.uploadedParts) {
    const start = (number - 1) * upload.partSize;
    await checksums?.ofPart(start, Math.min(start + upload.partSize, file.size));
  }
}

async function sendMissing(
  steps: UploadSteps,
  upload: MultipartUpload,
  etags: Map<number, string>,
): Promise<void> {
  const { flow, sender, file, checksums } = steps;
  const numbers = Array.from({ length: upload.partCount }, (_, index) => index + 1).filter(
    (number) => !etags.has(number),
  );
  const signed = new SignedParts(steps.transport, upload, { numbers, checksums });
  const pool = new PartPool(steps.transport.clock);
  await pool.run(numbers, async (number, signal) => {
    const { start, end } = signed.range(number);
    const onFailure = (error: ValetKeyError) => {
      steps.reportBytes(number, 0);
      if ((error as StoreError).remedy === "sign") signed.drop(number);
      else if (error.code === "STORE_REFUSED" || error.code === "NETWORK") pool.slowDown();
    };
    const response = await flow.run(
      async (signal) => {
        const { url, headers } = await signed.get(number, signal);
        const body = file.slice(start, end);
        const onProgress = (bytes: number) => steps.reportBytes(number, bytes);
        return await sender.send({ url, headers, body, signal, onProgress }, async () =>
          checksums === undefined ? false : await checksums.hasChanged(start, end),
        );
      },
      { signal, onFailure },
    );
    steps.reportBytes(number, end - start);
    etags.set(number, response.header("etag") ?? "");
  });
}

/** With its parts, so that it may be repeated: a completed upload is found again by them. */
async function complete(
  { flow, transport, options, checksums }: UploadSteps,
  { id, partSize }: MultipartUpload,
  etags: ReadonlyMap<number, string>,
): Promise<StoredObject> {
  const parts = [...etags].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number);
  // Without the ETags, which the bucket's CORS rule may hide, the server asks S3 for its parts.
  const known = parts.every(({ etag }) => etag !== "") ? parts : undefined;
  const checksum = await checksums?.whole(partSize);
  const { completeUpload } = await flow.run(
    (signal) =>
      transport.request(
        completeUploadOperation,
        { id, parts: known, checksum },
        { signal, timeoutMs: 10 * 60_000, retryPolicy: noRetries },
      ),
    { graceMs: finalGraceMs },
  );
  return toStoredObject(completeUpload, options.contentType);
}
