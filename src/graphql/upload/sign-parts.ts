import { badUserInput } from "../../core/errors.ts";
import { bytesOfPart, planWith, type UploadPlan } from "../../storage/multipart/upload-plan.ts";
import { presignPart } from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";
import type { MultipartUpload, UploadPart } from "./multipart-upload.ts";
import { authorizeStartedUpload } from "./open-upload.ts";
import { partChecksumHeaders } from "./part-checksums.ts";
import { nextPartNumbers, parsePartNumbers } from "./part-numbers.ts";
import type { PartsArguments } from "./parts-arguments.ts";

export type PartsRequest = Omit<PartsArguments, "expiresIn"> & {
  /** Undefined: the client did not ask for a lifetime. */
  readonly expiresIn: number | undefined;
};

/** @throws {ValetKeyError} FORBIDDEN, UPLOAD_NOT_FOUND, BAD_USER_INPUT */
export async function signParts(
  context: RequestContext,
  { upload, origin }: MultipartUpload,
  request: PartsRequest,
): Promise<UploadPart[]> {
  const { presigner } = context.services;
  const limits = await authorizeStartedUpload(context, upload);
  const lifetime = context.urlLifetime(
    upload.bucket,
    { expiresInSeconds: request.expiresIn, defaultSeconds: origin?.expiresInSeconds },
    limits,
  );
  const plan = planWith(upload.sizeBytes, upload.partBytes);
  const numbers = await partNumbers(plan, request, () => context.loaders.parts.load(upload));
  const checksumHeaders = partChecksumHeaders(upload, plan, request.checksums ?? []);
  const session = await context.sessionFor(upload.bucket, lifetime);
  const signing = {
    address: upload,
    session,
    signedAt: context.now(upload.bucket),
    expiresInSeconds: lifetime.signedSeconds,
    uploadId: upload.uploadId,
  };
  return context.turns.map(numbers, (number) => {
    const size = bytesOfPart(plan, number);
    const part = { partNumber: number, sizeBytes: size, headers: checksumHeaders.get(number) };
    const { url, headers, expiresAt } = presignPart(presigner, { ...part, ...signing });
    return { number, size, url, headers: [...headers], expiresAt };
  });
}

async function partNumbers(
  plan: UploadPlan,
  { numbers, first, after }: PartsRequest,
  heldParts: () => Promise<Parameters<typeof nextPartNumbers>[1]>,
): Promise<number[]> {
  if (numbers === null || numbers === undefined) {
    return nextPartNumbers(plan, await heldParts(), { first, after });
  }
  if (typeof first === "number") throw badUserInput("first", "Use either first or numbers, not both.");
  return parsePartNumbers(plan, numbers);
}
