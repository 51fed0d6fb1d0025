import { createHash, randomUUID } from "node:crypto";
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListMultipartUploadsCommand,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { inject } from "vitest";
import type { StoreDescription } from "../support/store-description.ts";
import { type DifferenceName, differences } from "./differences.ts";

const description = inject("storeDescription");

/** For seeding and inspecting: sees every object, whoever may. */
export const admin = new S3Client({
  endpoint: description.endpoint,
  region: description.region,
  forcePathStyle: true,
  credentials: description.adminCredentials,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
});

export const store: StoreDescription & { differs(name: DifferenceName): boolean } = {
  ...description,
  differs: (name) => differences[name].store === description.name,
};

/** A prefix that no other test file writes below. */
export function ownPrefix(area: string): string {
  return `${area}-${randomUUID()}/`;
}

export interface Inspected {
  readonly body: Buffer;
  readonly head: Omit<GetObjectCommandOutput, "Body">;
}

/** What the store holds under the key, read around the server. */
export async function inspect(
  bucket: string,
  key: string,
  versionId?: string,
): Promise<Inspected | undefined> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
    const { Body, ...head } = await admin.send(command);
    return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), head };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Puts an object there, around the server. Returns its version in a versioned bucket. */
export async function seed(
  bucket: string,
  key: string,
  body: Uint8Array | string,
  more: Partial<PutObjectCommandInput> = {},
): Promise<string | undefined> {
  const { VersionId } = await admin.send(
    new PutObjectCommand({ ...more, Bucket: bucket, Key: key, Body: body }),
  );
  return VersionId;
}

/** Keys of the multipart uploads in progress below a prefix. */
export async function pendingUploads(bucket: string, prefix: string): Promise<string[]> {
  const { Uploads } = await admin.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
  return (Uploads ?? []).map((upload) => upload.Key ?? "");
}

export { noise } from "../support/noise.ts";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Statuses with which a store refuses a request that it was not meant to serve. */
export const refused = [400, 403];
