import { StoreError } from "../core/store-error.ts";

/** STS has its own words for what is wrong with a signature. */
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

/** An error of the signature in STS's words; any other error as it is. */
export function asStsError(error: StoreError): StoreError {
  const words = stsWords.get(error.code);
  return words === undefined
    ? error
    : new StoreError(words.status, words.code, words.message ?? error.message);
}
