import { parseAmzDate } from "../core/amz-date.ts";
import { StoreError } from "../core/store-error.ts";
import type { Identity } from "../iam/identity.ts";
import type { AccessKeys } from "../signing/access-keys.ts";
import { signatureHex, signingKey } from "../signing/canonical-request.ts";
import { parseCredential } from "../signing/credential.ts";
import { sameSignature } from "../signing/verify-signature.ts";
import { type LengthRange, type PostPolicy, parsePostPolicy } from "./post-policy.ts";

/** A form with a valid signature and a policy that allows every field. The size of the file still has to be checked. */
export interface VerifiedPost {
  readonly identity: Identity;
  /** The region it was signed for. */
  readonly region: string;
  readonly signedAt: Date;
  readonly contentLengthRange?: LengthRange | undefined;
}

/**
 * Verifies the form of an upload.
 *
 * S3 expands `${filename}` before it looks at the policy, so `fields` has to hold the expanded values.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @param fields the fields before the file, names in lower case
 * @param bucket the bucket in the URL, which the policy has to cover like any field
 * @throws {StoreError} 400, 403
 */
export function verifyPostForm(
  fields: ReadonlyMap<string, string>,
  keys: AccessKeys,
  now: Date,
  bucket: string,
): VerifiedPost {
  const policyText = fields.get("policy");
  if (policyText === undefined) throw new StoreError(403, "AccessDenied", "Access Denied");
  const { identity, region, signedAt } = verifyPolicySignature(fields, policyText, keys, now);
  const policy = parsePostPolicy(policyText);
  if (policy.expiresAt <= now) throw refused("Policy expired.");
  const formBucket = fields.get("bucket") ?? bucket;
  if (formBucket !== bucket) throw refused(`Policy Condition failed: ["eq", "$bucket", "${formBucket}"]`);
  assertFieldsAllowed(policy, new Map([...fields, ["bucket", bucket]]));
  return { identity, region, signedAt, contentLengthRange: policy.contentLengthRange };
}

function verifyPolicySignature(
  fields: ReadonlyMap<string, string>,
  policyText: string,
  keys: AccessKeys,
  now: Date,
): Omit<VerifiedPost, "contentLengthRange"> {
  if (fields.has("awsaccesskeyid")) {
    throw new StoreError(
      400,
      "InvalidRequest",
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  }
  const algorithm = requiredField(fields, "X-Amz-Algorithm");
  const credential = requiredField(fields, "X-Amz-Credential");
  const date = requiredField(fields, "X-Amz-Date");
  const signature = requiredField(fields, "X-Amz-Signature");
  if (algorithm !== "AWS4-HMAC-SHA256") {
    throw invalidArgument("X-Amz-Algorithm", algorithm, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined) {
    throw invalidArgument(
      "X-Amz-Date",
      date,
      `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`,
    );
  }
  const { accessKeyId, scope } = parseCredential(credential, "s3", date, (detail) =>
    invalidArgument(
      "X-Amz-Credential",
      credential,
      `Error parsing the X-Amz-Credential parameter; ${detail}`,
    ),
  );
  const found = keys.lookup(accessKeyId, fields.get("x-amz-security-token"), now);
  // The string to sign of a form is its policy, in base64 as it was sent.
  const expected = signatureHex(signingKey(found.secretAccessKey, scope), policyText);
  if (!sameSignature(expected, signature)) {
    throw new StoreError(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { details: { AWSAccessKeyId: accessKeyId, StringToSign: policyText, SignatureProvided: signature } },
    );
  }
  return { identity: found.identity, region: scope.region, signedAt };
}

function requiredField(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  throw invalidArgument(
    name,
    "",
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
  );
}

const uncoveredFields = new Set(["x-amz-signature", "file", "policy"]);

function assertFieldsAllowed(policy: PostPolicy, fields: ReadonlyMap<string, string>): void {
  for (const { field, operator, operand } of policy.conditions) {
    const value = fields.get(field);
    const isMet =
      value !== undefined && (operator === "eq" ? value === operand : startsWith(field, value, operand));
    if (!isMet) {
      throw refused(
        `Policy Condition failed: [${JSON.stringify(operator)}, ${JSON.stringify(`$${field}`)}, ${JSON.stringify(operand)}]`,
      );
    }
  }
  const covered = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter(
    (name) => !covered.has(name) && !uncoveredFields.has(name) && !name.startsWith("x-ignore-"),
  );
  if (extra.length > 0) throw refused(`Extra input fields: ${extra.join(", ")}`);
}

/** A Content-Type with commas is a list, and each item has to start with the prefix. */
function startsWith(field: string, value: string, prefix: string): boolean {
  const values = field === "content-type" ? value.split(",").map((each) => each.trim()) : [value];
  return values.every((each) => each.startsWith(prefix));
}

function refused(reason: string): StoreError {
  return new StoreError(403, "AccessDenied", `Invalid according to Policy: ${reason}`);
}

function invalidArgument(name: string, value: string, message: string): StoreError {
  return new StoreError(400, "InvalidArgument", message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}
