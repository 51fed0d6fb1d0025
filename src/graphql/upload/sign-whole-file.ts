import { badUserInput } from "../../core/errors.ts";
import { assertFitsForm, toFormFields } from "../../storage/description/description-form-fields.ts";
import { toHeaders } from "../../storage/description/description-headers.ts";
import { type FileSizes, presignPost } from "../../storage/signing/presigned-post.ts";
import { presignPut, type SigningRequest } from "../../storage/signing/presigned-requests.ts";
import type { RequestContext } from "../context.ts";
import { PostUpload, PutUpload } from "./upload-request.ts";
import type { ParsedUploadTerms } from "./upload-terms.ts";

/** Signs a PUT request for a file with exactly this size in bytes. */
export async function signPut(
  context: RequestContext,
  terms: ParsedUploadTerms,
  sizeBytes: number,
): Promise<PutUpload> {
  const signing = await signingRequest(context, terms);
  const headers = toHeaders(terms.description);
  const put = presignPut(context.services.presigner, { headers, sizeBytes, ...signing });
  const sizes = { minBytes: sizeBytes, maxBytes: sizeBytes };
  return Object.assign(new PutUpload(), put, terms.address, {
    sealReceipt: () => sealReceipt(context, terms, { ...signing, sizes, expiresAt: put.expiresAt }),
  });
}

/** Signs a form for a file with one of these sizes. */
export async function signForm(
  context: RequestContext,
  terms: ParsedUploadTerms,
  sizes: FileSizes,
): Promise<PostUpload> {
  const { services } = context;
  const { address, description } = terms;
  assertFitsForm(address.key, description);
  if (services.buckets.of(address.bucket).owner !== undefined) {
    throw badUserInput("method", "A form cannot name the owner of the bucket. Use PUT, with the exact size.");
  }
  const signing = await signingRequest(context, terms);
  const post = presignPost(services.presigner, { sizes, fields: toFormFields(description), ...signing });
  return Object.assign(new PostUpload(), post, address, {
    sealReceipt: () => sealReceipt(context, terms, { ...signing, sizes, expiresAt: post.expiresAt }),
  });
}

async function signingRequest(
  context: RequestContext,
  { address, lifetime }: ParsedUploadTerms,
): Promise<SigningRequest> {
  const session = await context.sessionFor(address.bucket, lifetime);
  const expiresInSeconds = lifetime.signedSeconds;
  return { address, session, signedAt: context.now(address.bucket), expiresInSeconds };
}

interface SignedFile {
  readonly sizes: FileSizes;
  readonly signedAt: Date;
  readonly expiresAt: Date;
}

function sealReceipt(
  { services }: RequestContext,
  { address, description }: ParsedUploadTerms,
  { sizes, signedAt, expiresAt }: SignedFile,
): string {
  const { contentType, overwrite, checksum } = description;
  const promise = { ...address, ...sizes, contentType, checksum, overwrite, issuedAt: signedAt };
  return services.uploadReceipts.seal(promise, expiresAt);
}
