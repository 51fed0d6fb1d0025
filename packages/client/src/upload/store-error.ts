import { ValetKeyError } from "../core/errors.ts";
import { parseRetryAfter } from "../core/response.ts";

/** A response of S3. */
export interface StoreResponse {
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
}

/** An error of S3, with what the uploader does about it. */
export class StoreError extends ValetKeyError {
  /** "sign": with a new URL. "read": with the bytes read anew. */
  readonly remedy: "sign" | "read" | undefined;

  constructor(
    message: string,
    options: ConstructorParameters<typeof ValetKeyError>[1],
    remedy?: "sign" | "read",
  ) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, XAmzContentChecksumMismatch, and what other stores say. */
const checksumCodes = /digest|sha256|checksum/i;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function toStoreError({ status, body, header }: StoreResponse): StoreError {
  const storeCode = textOf("Code", body);
  const said = textOf("Message", body);
  const message = `The store refused the bytes with HTTP status ${status}${storeCode ? ` (${storeCode})` : ""}${said ? `: ${said}` : "."}`;
  const retryAfterMs = parseRetryAfter(header("retry-after"));
  if (checksumCodes.test(storeCode)) {
    return new StoreError(message, { code: "CHECKSUM_MISMATCH", retryable: true }, "read");
  }
  if (status === 412) {
    return new StoreError("There is an object with this key already.", { code: "OBJECT_EXISTS" });
  }
  if (storeCode === "NoSuchUpload") {
    return new StoreError("The upload was completed or aborted elsewhere.", { code: "UPLOAD_NOT_FOUND" });
  }
  // S3 says AccessDenied for an expired URL, and stores differ in how they word it.
  if (status === 403) return new StoreError(message, { code: "STORE_REFUSED", retryable: true }, "sign");
  // A full disk (507) and a request that the store does not implement (501) stay so.
  const isBusy =
    (status >= 500 && status !== 507 && status !== 501) ||
    status === 429 ||
    status === 408 ||
    status === 409 ||
    storeCode === "RequestTimeout";
  return new StoreError(message, { code: "STORE_REFUSED", retryable: isBusy, retryAfterMs });
}

/** The text of an element of S3's XML. */
function textOf(element: string, xml: string): string {
  return new RegExp(`<${element}>([^<]{0,500})</${element}>`).exec(xml)?.[1] ?? "";
}
