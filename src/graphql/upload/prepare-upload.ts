import { allowsSizeForEveryType, authorizeUpload } from "../../access/authorization.ts";
import { badUserInput } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { UploadChecksum } from "../../storage/checksums/checksum.ts";
import { assertFitsForm, toFormFields } from "../../storage/description/description-form-fields.ts";
import { toHeaders } from "../../storage/description/description-headers.ts";
import { type ObjectDescription, parseDescription } from "../../storage/description/object-description.ts";
import { withBucketTerms } from "../../storage/description/storage-terms.ts";
import {
  assertWholeObjectChecksum,
  createMultipartUpload,
} from "../../storage/multipart/multipart-uploads.ts";
import type { UploadTerms } from "../../storage/multipart/recent-upload-terms.ts";
import { findResumableUpload } from "../../storage/multipart/resumable-upload.ts";
import type { UploadAddress } from "../../storage/multipart/upload-descriptor.ts";
import { maxSinglePutBytes, planUpload } from "../../storage/multipart/upload-plan.ts";
import { presignPost } from "../../storage/signing/presigned-post.ts";
import { presignPut } from "../../storage/signing/presigned-requests.ts";
import { parseNewObjectAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import { UploadMethod } from "../types/enums.ts";
import type { UploadInput } from "../types/upload-input.ts";
import type { MultipartUpload } from "./multipart-upload.ts";
import { toMultipartUpload } from "./to-multipart-upload.ts";
import { PostUpload, PutUpload } from "./upload-request.ts";

export interface RequestUploadOptions {
  readonly input: UploadInput;
  /** Bytes. */
  readonly size: number;
  readonly method: UploadMethod;
  /** Seconds. Undefined: the client did not ask for a lifetime. */
  readonly expiresIn: number | undefined;
  readonly resume: boolean;
}

/** The arguments of `requestUpload` other than `input`, for the fields of errors. */
const elsewhere = { size: "size", method: "method", expiresIn: "expiresIn" };

/** Prepares an upload that the client sends to S3 itself: a PUT request, a form, or a multipart upload. */
export function requestUpload(
  context: RequestContext,
  options: RequestUploadOptions,
): Promise<PutUpload | PostUpload | MultipartUpload> {
  return withFieldPrefix({ fieldPrefix: "input.", elsewhere }, () => prepareUpload(context, options));
}

async function prepareUpload(
  context: RequestContext,
  { input, size, method, expiresIn, resume }: RequestUploadOptions,
): Promise<PutUpload | PostUpload | MultipartUpload> {
  const { services } = context;
  const address = context.applyKnownRegion(parseNewObjectAddress(input, services.regions));
  const plan = planUpload(size);
  const chosen = isAwaitingChecksum(input, method)
    ? UploadMethod.MULTIPART
    : chooseMethod(method, size, services.multipartBytes);
  const isMultipart = chosen === UploadMethod.MULTIPART;
  const { checksum, ...given } = parseInput(input, isMultipart);
  const description = withBucketTerms(given.description, services.buckets.of(address.bucket));
  const file = { sizeBytes: size, contentType: input.contentType ?? undefined };
  const limits = authorizeUpload(context.grants, address, file);
  const lifetime = context.urlLifetime(address.bucket, { expiresInSeconds: expiresIn }, limits);
  const expiresInSeconds = lifetime.signedSeconds;

  if (isMultipart && checksum !== undefined) assertWholeObjectChecksum(checksum.algorithm);
  // With AUTO, an upload in progress is continued even if the file would now be sent with one PUT request.
  const isOpen = isMultipart || (method === UploadMethod.AUTO && !checksum);
  const terms = { plan, description, checksumAlgorithm: checksum?.algorithm };
  const resumed = resume && isOpen ? await findUpload(context, address, terms) : undefined;
  if (isMultipart || resumed !== undefined) {
    return beginMultipart(context, address, { ...terms, checksum, resumed, expiresInSeconds });
  }
  if (chosen === UploadMethod.POST) {
    assertFitsForm(address.key, description);
    if (services.buckets.of(address.bucket).owner !== undefined) {
      throw badUserInput("method", "A form cannot name the owner of the bucket. Use PUT.");
    }
  }
  const session = await context.sessionFor(address.bucket, lifetime);
  const signedAt = context.now(address.bucket);
  const signing = { address, session, signedAt, expiresInSeconds, sizeBytes: size };
  const receiptUntil = (urlExpiresAt: Date) => {
    const { contentType, overwrite, checksum } = description;
    const given = { minBytes: size, maxBytes: size, contentType, checksum, overwrite };
    return services.uploadReceipts.seal({ ...address, ...given, issuedAt: signedAt }, urlExpiresAt);
  };
  if (chosen === UploadMethod.POST) {
    const post = presignPost(services.presigner, { ...signing, fields: toFormFields(description) });
    return Object.assign(new PostUpload(), post, address, {
      sealReceipt: () => receiptUntil(post.expiresAt),
    });
  }
  const put = presignPut(services.presigner, { ...signing, headers: toHeaders(description) });
  return Object.assign(new PutUpload(), put, address, { sealReceipt: () => receiptUntil(put.expiresAt) });
}

/** A client that does not know the checksum yet can send it only with the completion of a multipart upload. */
function isAwaitingChecksum({ checksum }: UploadInput, method: UploadMethod): boolean {
  return method === UploadMethod.AUTO && !!checksum && typeof checksum.value !== "string";
}

/** The checksum is separate, because that of a multipart upload may have no value yet. */
function parseInput(
  input: UploadInput,
  isMultipart: boolean,
): { description: ObjectDescription; checksum: UploadChecksum | undefined } {
  const { checksum } = input;
  if (isMultipart && checksum && typeof checksum.value !== "string") {
    const description = parseDescription({ ...input, checksum: undefined });
    return { description, checksum: { algorithm: checksum.algorithm } };
  }
  const description = parseDescription(input);
  return { description, checksum: description.checksum };
}

function chooseMethod(method: UploadMethod, size: number, multipartBytes: number): UploadMethod {
  if (method === UploadMethod.AUTO) return size > multipartBytes ? UploadMethod.MULTIPART : UploadMethod.PUT;
  if (method !== UploadMethod.MULTIPART && size > maxSinglePutBytes) {
    throw badUserInput("size", "Files of more than 5 GiB need the method MULTIPART or AUTO.");
  }
  return method;
}

interface MultipartTerms extends UploadTerms {
  readonly checksum: UploadChecksum | undefined;
  readonly resumed: ResumedUpload | undefined;
  readonly expiresInSeconds: number;
}

type ResumedUpload = UploadAddress & { readonly startedAt: Date };

async function beginMultipart(
  context: RequestContext,
  address: ObjectAddress,
  { resumed, expiresInSeconds, checksum, ...terms }: MultipartTerms,
): Promise<MultipartUpload> {
  const { plan, description, checksumAlgorithm } = terms;
  const begun = resumed ?? {
    startedAt: context.now(address.bucket),
    ...(await context.callS3(address, (s3, there) =>
      createMultipartUpload(s3, there, description, checksumAlgorithm),
    )),
  };
  const promised = {
    sizeBytes: plan.sizeBytes,
    partBytes: plan.partBytes,
    overwrite: description.overwrite,
    contentType: description.contentType,
    checksum,
  };
  const upload = { ...begun, ...promised };
  if (resumed === undefined) {
    context.services.recentUploadTerms.remember(upload, terms);
    // A new upload has no parts, so they are not requested from S3.
    context.loaders.parts.prime(upload, []);
  }
  const origin = { expiresInSeconds, isNew: resumed === undefined };
  return Object.assign(toMultipartUpload(upload, context.services.uploadIds.seal(upload)), { origin });
}

/**
 * The caller's newest upload to the key whose parts fit. Finding it takes two role sessions of the caller: one may
 * list uploads, the other may list their parts.
 */
async function findUpload(
  context: RequestContext,
  address: ObjectAddress,
  terms: UploadTerms,
): Promise<ResumedUpload | undefined> {
  const found = await context.callS3(address, async (s3, there) => {
    const listing = await context.s3(there, "pending-uploads");
    const { sessionName } = await context.session(address.bucket);
    const mayHaveAnyType = allowsSizeForEveryType(context.grants, address, terms.plan.sizeBytes);
    const request = { terms, sessionName, mayHaveAnyType, begun: context.services.recentUploadTerms };
    return findResumableUpload({ s3, listing }, there, request);
  });
  return found && { ...found.upload, startedAt: found.startedAt };
}
