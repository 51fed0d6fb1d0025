import { StoreError } from "../core/store-error.ts";

/** How the body has to be verified, according to x-amz-content-sha256. */
export type PayloadCheck =
  | { readonly kind: "unsigned" }
  | { readonly kind: "sha256"; readonly hex: string }
  | { readonly kind: "chunked"; readonly signed: boolean; readonly trailer: boolean };

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const words = new Map<string, PayloadCheck>([
  ["UNSIGNED-PAYLOAD", { kind: "unsigned" }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { kind: "chunked", signed: false, trailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { kind: "chunked", signed: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { kind: "chunked", signed: true, trailer: true }],
]);

/** @throws {StoreError} 400 InvalidArgument */
export function parsePayloadCheck(contentSha256: string): PayloadCheck {
  const check = words.get(contentSha256);
  if (check !== undefined) return check;
  if (/^[0-9a-f]{64}$/.test(contentSha256)) return { kind: "sha256", hex: contentSha256 };
  throw new StoreError(
    400,
    "InvalidArgument",
    `x-amz-content-sha256 must be ${[...words.keys()].join(", ")} or a valid sha256 value.`,
    { details: { ArgumentName: "x-amz-content-sha256", ArgumentValue: contentSha256 } },
  );
}
