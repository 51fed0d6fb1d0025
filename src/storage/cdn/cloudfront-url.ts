import type { CdnSettings } from "../../core/bucket-settings.ts";
import { badUserInput } from "../../core/errors.ts";
import { hasDotSegment, type ObjectAddress } from "../../core/object-address.ts";
import { uriEncode, uriEncodePath } from "../../core/uri-encode.ts";
import type { ResponseOverrides } from "../signing/presigned-requests.ts";

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-general
const maxUrlBytes = 8192;

/**
 * The URL of an object at CloudFront, as CloudFront sees it before it removes its own parameters. The signature is for
 * exactly this text.
 *
 * Every character but letters, digits and `-._~/` is percent-encoded. In the resource of a policy, `*` and `?` would be
 * wildcards, and whoever has the signature of a canned policy can also send that policy as a custom one, so none of them
 * must be left in what is signed. The only `?` separates path and query, where CloudFront takes it literally.
 *
 * @throws {ValetKeyError} BAD_USER_INPUT (key) for a key with `.` or `..` as a segment
 */
export function cloudFrontResource(
  { url }: Pick<CdnSettings, "url">,
  { key, versionId }: Pick<ObjectAddress, "key" | "versionId">,
  overrides?: ResponseOverrides,
): string {
  // CloudFront removes such segments too, so the URL would be that of another object.
  if (hasDotSegment(key)) {
    throw badUserInput(
      "key",
      'HTTP clients and CloudFront remove the segments "." and ".." from a URL, so no URL works for this key. Copy the object to another key with copyObject.',
    );
  }
  const query: Record<string, string> = { ...overrides };
  if (versionId !== undefined) query.versionId = versionId;
  const encoded = Object.entries(query).map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`);
  const path = `${url}/${uriEncodePath(key)}`;
  return encoded.length === 0 ? path : `${path}?${encoded.join("&")}`;
}

/**
 * The policy that CloudFront derives from a URL with `Expires`, character by character.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html#private-content-canned-policy-creating-policy-statement
 */
export function cannedPolicy(resource: string, expiresAtSeconds: number): string {
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expiresAtSeconds}}}}]}`;
}

export interface SignedResource {
  readonly resource: string;
  readonly expiresAtSeconds: number;
  readonly keyPairId: string;
  readonly signature: Uint8Array;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (filename) if the URL is longer than CloudFront allows */
export function cloudFrontUrl({ resource, expiresAtSeconds, keyPairId, signature }: SignedResource): string {
  const separator = resource.includes("?") ? "&" : "?";
  const url = `${resource}${separator}Expires=${expiresAtSeconds}&Signature=${urlSafeBase64(signature)}&Key-Pair-Id=${keyPairId}&Hash-Algorithm=SHA256`;
  if (url.length <= maxUrlBytes) return url;
  throw badUserInput(
    "filename",
    `The URL has ${url.length} characters, and CloudFront accepts at most 8,192. Use a shorter file name.`,
  );
}

/** CloudFront's own variant: `+`, `=` and `/` are replaced by `-`, `_` and `~`. */
function urlSafeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~");
}
