import { badUserInput } from "../../core/errors.ts";
import { assertWholeObjectChecksum } from "../../storage/multipart/multipart-uploads.ts";
import { maxSinglePutBytes, planUpload } from "../../storage/multipart/upload-plan.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import { UploadMethod } from "../types/enums.ts";
import type { UploadInput } from "../types/upload-input.ts";
import { beginMultipart, findResumable } from "./begin-multipart.ts";
import type { MultipartUpload } from "./multipart-upload.ts";
import { signForm, signPut } from "./sign-whole-file.ts";
import type { PostUpload, PutUpload } from "./upload-request.ts";
import { parseUploadTerms } from "./upload-terms.ts";

export interface RequestUploadOptions {
  readonly input: UploadInput;
  /** Bytes. Either this or `maxSize` has to be given. */
  readonly size?: number | null | undefined;
  /** Bytes. The file may have any size up to this one. */
  readonly maxSize?: number | null | undefined;
  readonly method: UploadMethod;
  /** Seconds. Undefined: the client did not ask for a lifetime. */
  readonly expiresIn: number | undefined;
  readonly resume: boolean;
}

/** The arguments of `requestUpload` other than `input`, for the fields of errors. */
const elsewhere = { size: "size", maxSize: "maxSize", method: "method", expiresIn: "expiresIn" };
/** With `maxSize`, it is the reason for a form, so what a form cannot do is its fault. */
const elsewhereUpTo = { ...elsewhere, size: "maxSize", method: "maxSize" };

/** Prepares an upload that the client sends to S3 itself: a PUT request, a form, or a multipart upload. */
export async function requestUpload(
  context: RequestContext,
  options: RequestUploadOptions,
): Promise<PutUpload | PostUpload | MultipartUpload> {
  const { size, maxSize, method } = options;
  if (typeof maxSize !== "number") {
    if (typeof size !== "number") throw badUserInput("size", "Either size or maxSize is required.");
    return withFieldPrefix({ fieldPrefix: "input.", elsewhere }, () => prepareUpload(context, size, options));
  }
  if (typeof size === "number") throw badUserInput("maxSize", "size and maxSize cannot be combined.");
  if (method === UploadMethod.PUT || method === UploadMethod.MULTIPART) {
    throw badUserInput(
      "method",
      `maxSize works with the methods POST and AUTO only, because ${method} signs the exact size.`,
    );
  }
  return withFieldPrefix({ fieldPrefix: "input.", elsewhere: elsewhereUpTo }, () =>
    prepareFormUpTo(context, maxSize, options),
  );
}

type OtherOptions = Omit<RequestUploadOptions, "size" | "maxSize">;

async function prepareFormUpTo(
  context: RequestContext,
  maxBytes: number,
  { input, expiresIn }: OtherOptions,
): Promise<PostUpload> {
  if (maxBytes > maxSinglePutBytes) {
    throw badUserInput("size", "A form accepts at most 5 GiB. Larger files need their exact size.");
  }
  planUpload(maxBytes);
  const terms = parseUploadTerms(context, input, { sizeBytes: maxBytes, expiresIn, isMultipart: false });
  return signForm(context, terms, { minBytes: 0, maxBytes });
}

async function prepareUpload(
  context: RequestContext,
  size: number,
  { input, method, expiresIn, resume }: OtherOptions,
): Promise<PutUpload | PostUpload | MultipartUpload> {
  const plan = planUpload(size);
  const chosen = isAwaitingChecksum(input, method)
    ? UploadMethod.MULTIPART
    : chooseMethod(method, size, context.services.multipartBytes);
  const isMultipart = chosen === UploadMethod.MULTIPART;
  const terms = parseUploadTerms(context, input, { sizeBytes: size, expiresIn, isMultipart });
  const { address, description, checksum, lifetime } = terms;

  if (isMultipart && checksum !== undefined) assertWholeObjectChecksum(checksum.algorithm);
  // With AUTO, an upload in progress is continued even if the file would now be sent with one PUT request.
  const isOpen = isMultipart || (method === UploadMethod.AUTO && !checksum);
  const planned = { plan, description, checksumAlgorithm: checksum?.algorithm };
  const resumed = resume && isOpen ? await findResumable(context, address, planned) : undefined;
  if (isMultipart || resumed !== undefined) {
    const { signedSeconds: expiresInSeconds } = lifetime;
    return beginMultipart(context, address, { ...planned, checksum, resumed, expiresInSeconds });
  }
  if (chosen === UploadMethod.POST) return signForm(context, terms, { minBytes: size, maxBytes: size });
  return signPut(context, terms, size);
}

/** A client that does not know the checksum yet can send it only with the completion of a multipart upload. */
function isAwaitingChecksum({ checksum }: UploadInput, method: UploadMethod): boolean {
  return method === UploadMethod.AUTO && !!checksum && typeof checksum.value !== "string";
}

function chooseMethod(method: UploadMethod, size: number, multipartBytes: number): UploadMethod {
  if (method === UploadMethod.AUTO) return size > multipartBytes ? UploadMethod.MULTIPART : UploadMethod.PUT;
  if (method !== UploadMethod.MULTIPART && size > maxSinglePutBytes) {
    throw badUserInput("size", "Files of more than 5 GiB need the method MULTIPART or AUTO.");
  }
  return method;
}
