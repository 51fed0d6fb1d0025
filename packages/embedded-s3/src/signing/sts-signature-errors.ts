import { StoreError } from "../core/store-error.ts";

/** STS has other error codes than S3 for faults of a signature. */
const stsWords = new Map<string, { status: number; code: string; message?: string | undefined }>([
  [
    "InvalidAccessKeyId",
    {
      status: 403,
      code: "InvalidClientTokenId",
      message: "The security token included in the request is invalid.",
    },
  ],
  [
    "InvalidToken",
    {
      status: 403,
      code: "InvalidClientTokenId",
      message: "The security token included in the request is invalid.",
    },
  ],
  [
    "ExpiredToken",
    { status: 403, code: "ExpiredToken", message: "The security token included in the request is expired" },
  ],
  ["RequestTimeTooSkewed", { status: 403, code: "SignatureDoesNotMatch" }],
  ["AuthorizationHeaderMalformed", { status: 400, code: "IncompleteSignature" }],
  ["AuthorizationQueryParametersError", { status: 400, code: "IncompleteSignature" }],
  ["InvalidArgument", { status: 400, code: "IncompleteSignature" }],
  ["InvalidRequest", { status: 400, code: "IncompleteSignature" }],
]);

/** Converts an error of the signature to that of STS. Other errors are returned unchanged. */
export function toStsError(error: StoreError): StoreError {
  const words = stsWords.get(error.code);
  return words === undefined
    ? error
    : new StoreError(words.status, words.code, words.message ?? error.message);
}
