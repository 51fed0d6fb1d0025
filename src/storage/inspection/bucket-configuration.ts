import {
  type CORSRule,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type PublicAccessBlockConfiguration,
  type S3Client,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";
import type { BucketName } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";

/** A part of a bucket's configuration, or why it cannot be read. */
export type Reading<Value> =
  | { readonly value: Value }
  /** `denied`: by IAM. `unsupported`: the store has no such operation. */
  | { readonly unreadable: "denied" | "unsupported" };

/**
 * The IAM actions that the functions of this file need on the bucket. The asterisk includes no objects, whose ARNs have a
 * slash. Single names would not do, because Ceph refuses a policy with an action that it does not know.
 */
export const configurationActions = ["s3:Get*", "s3:ListBucket"] as const;

/** An empty list if the bucket has no rules. */
export function readCorsRules(s3: S3Client, Bucket: BucketName): Promise<Reading<readonly CORSRule[]>> {
  return read("NoSuchCORSConfiguration", [], async () => {
    const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    return CORSRules;
  });
}

/** An empty list if the bucket has no rules. */
export function readLifecycleRules(
  s3: S3Client,
  Bucket: BucketName,
): Promise<Reading<readonly LifecycleRule[]>> {
  return read("NoSuchLifecycleConfiguration", [], async () => {
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    return Rules;
  });
}

/** An empty list if the bucket has no default encryption. */
export function readDefaultEncryption(
  s3: S3Client,
  Bucket: BucketName,
): Promise<Reading<readonly ServerSideEncryptionRule[]>> {
  return read("ServerSideEncryptionConfigurationNotFoundError", [], async () => {
    const response = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    return response.ServerSideEncryptionConfiguration?.Rules ?? [];
  });
}

/** Without any block if the bucket has no such configuration. The account may block public access nevertheless. */
export function readPublicAccessBlock(
  s3: S3Client,
  Bucket: BucketName,
): Promise<Reading<PublicAccessBlockConfiguration>> {
  return read("NoSuchPublicAccessBlockConfiguration", {}, async () => {
    const response = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    return response.PublicAccessBlockConfiguration ?? {};
  });
}

export function readVersioning(
  s3: S3Client,
  Bucket: BucketName,
): Promise<Reading<"Enabled" | "Suspended" | "Off">> {
  return read("", "Off", async () => {
    const { Status = "Off" } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    return Status;
  });
}

/** The JSON text of the bucket's policy. Undefined if it has none. */
export function readBucketPolicy(s3: S3Client, Bucket: BucketName): Promise<Reading<string | undefined>> {
  return read("NoSuchBucketPolicy", undefined, async () => {
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    return Policy;
  });
}

/**
 * @param absent S3's code for a bucket that has nothing of the kind
 * @throws whatever says nothing about the configuration, such as a connection that fails
 */
async function read<Value>(
  absent: string,
  nothing: Value,
  call: () => Promise<Value>,
): Promise<Reading<Value>> {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, httpStatus } = describeSdkFailure(error);
    if (name === absent) return { value: nothing };
    if (httpStatus === 403) return { unreadable: "denied" };
    if (httpStatus === 501 || httpStatus === 405 || name === "NotImplemented") {
      return { unreadable: "unsupported" };
    }
    throw error;
  }
}
