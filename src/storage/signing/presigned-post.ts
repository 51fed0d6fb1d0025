import type { NameAndValue } from "../../core/name-and-value.ts";
import type { SigningRequest } from "./presigned-requests.ts";
import type { Presigner } from "./presigner.ts";
import { algorithm, signature } from "./signature.ts";
import { lifetimeOf } from "./signature-lifetime.ts";

export interface PresignedPost {
  /** The URL that the form is sent to, as multipart/form-data. */
  readonly url: string;
  /** The fields of the form, in this order. The file is the last field and is named `file`. */
  readonly fields: readonly NameAndValue[];
  readonly expiresAt: Date;
}

/** The sizes that a file may have, in bytes. Both limits are included. */
export interface FileSizes {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface PostRequest extends SigningRequest {
  readonly sizes: FileSizes;
  /** The fields that describe the object. `assertFitsForm` has accepted the description. */
  readonly fields: readonly NameAndValue[];
}

/**
 * Creates a form that stores one object with exactly this key, size and fields, and accepts no other fields.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session has less than a second left
 */
export function presignPost(presigner: Presigner, request: PostRequest): PresignedPost {
  const { address, session, signedAt, sizes } = request;
  const { expiresAt } = lifetimeOf(request);
  const { endpoint, signingKey, date } = presigner.context(address, session.credentials, signedAt);

  const key: NameAndValue = { name: "key", value: address.key };
  const otherFields: readonly NameAndValue[] = [
    ...request.fields,
    { name: "bucket", value: address.bucket },
    { name: "X-Amz-Algorithm", value: algorithm },
    { name: "X-Amz-Credential", value: signingKey.credential },
    { name: "X-Amz-Date", value: date },
    { name: "X-Amz-Security-Token", value: session.credentials.sessionToken },
  ];
  // The conditions are in the order of the AWS SDK, so that both create the same policy.
  const policy = encodePolicy(expiresAt, [
    ["content-length-range", sizes.minBytes, sizes.maxBytes],
    ...[...otherFields, key].map(({ name, value }) => ({ [name]: value })),
  ]);

  presigner.count("post");
  return {
    url: `${endpoint.origin}${endpoint.basePath || "/"}`,
    fields: [
      key,
      ...otherFields,
      { name: "Policy", value: policy },
      { name: "X-Amz-Signature", value: signature(signingKey.key, policy) },
    ],
    expiresAt,
  };
}

function encodePolicy(expiresAt: Date, conditions: readonly unknown[]): string {
  const expiration = expiresAt.toISOString().replace(".000Z", "Z");
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
}
