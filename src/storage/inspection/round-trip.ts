import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { RoleSession } from "../../access/role-session.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import type { Endpoints } from "../client/endpoints.ts";
import { type StorageTerms, toTermHeaders, toTermsInput } from "../description/storage-terms.ts";
import { presignDownload, presignPart, presignPut } from "../signing/presigned-requests.ts";
import type { Presigner } from "../signing/presigner.ts";

export interface RoundTrip {
  /** Of an object that does not exist. */
  readonly address: ObjectAddress;
  /** May do everything with that object. */
  readonly session: RoleSession;
  /** With the credentials of the session. */
  readonly s3: S3Client;
  readonly presigner: Presigner;
  readonly endpoints: Endpoints;
  /** Whether presigned URLs use S3 Transfer Acceleration. */
  readonly accelerate: boolean;
  readonly terms: StorageTerms;
  readonly now: () => Date;
  /** Signs a URL of the bucket's CDN, if it has one. */
  readonly signCdnUrl?: (() => Promise<string>) | undefined;
  /** When it aborts, the step in progress ends, the others are left out, and everything is removed again. */
  readonly signal?: AbortSignal | undefined;
}

export interface Step {
  /** `PUT with a presigned URL` */
  readonly name: string;
  /** What the store or the connection said. Undefined if the step worked. */
  readonly failure?: string | undefined;
}

export interface RoundTripResult {
  readonly steps: readonly Step[];
  /** What could not be removed again. */
  readonly leftBehind: readonly string[];
  /** The KMS key of the stored object, as HEAD reports it. */
  readonly kmsKey: string | undefined;
}

const expiresInSeconds = 300;
const timeoutMs = 30_000;
const contentType = { name: "content-type", value: "text/plain" };
const text = "valetkey doctor";

/** Stores an object, reads it, sends a part of another one, and removes everything again. */
export async function makeRoundTrip(trip: RoundTrip): Promise<RoundTripResult> {
  const steps: Step[] = [];
  const leftBehind: string[] = [];
  let kmsKey: string | undefined;
  const attempt = async <Result>(name: string, call: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      const result = await call();
      steps.push({ name });
      return result;
    } catch (error) {
      steps.push({ name, failure: failureOf(error) });
      return undefined;
    }
  };
  const { s3, address, signal } = trip;
  /** Attempts what is not needed to clean up. */
  const attemptUnlessAborted: typeof attempt = async (name, call) =>
    signal?.aborted ? undefined : await attempt(name, call);
  const { bucket: Bucket, key: Key } = address;
  const stored = await attemptUnlessAborted("PUT with a presigned URL", () => put(trip));
  if (stored !== undefined) {
    const { signCdnUrl } = trip;
    if (signCdnUrl === undefined)
      await attemptUnlessAborted("GET with a presigned URL", () => get(signedUrl(trip)));
    else await attemptUnlessAborted("GET through the CDN", async () => get(await signCdnUrl()));
    await attemptUnlessAborted("HEAD", async () => {
      kmsKey = (await s3.send(new HeadObjectCommand({ Bucket, Key }))).SSEKMSKeyId;
    });
    const VersionId = stored.versionId;
    await attempt("DELETE", () => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })));
    if (steps.at(-1)?.failure !== undefined)
      leftBehind.push(VersionId === undefined ? Key : `${Key}, version ${VersionId}`);
  }
  const upload = await attemptUnlessAborted("CreateMultipartUpload", async () => {
    const input = { Bucket, Key, ContentType: contentType.value, ...toTermsInput(trip.terms) };
    return s3.send(new CreateMultipartUploadCommand(input));
  });
  const UploadId = upload?.UploadId;
  if (UploadId !== undefined) {
    await attemptUnlessAborted("PUT of a part with a presigned URL", () => putPart(trip, UploadId));
    await attemptUnlessAborted("ListParts", () => s3.send(new ListPartsCommand({ Bucket, Key, UploadId })));
    await attempt("AbortMultipartUpload", () =>
      s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    );
    if (steps.at(-1)?.failure !== undefined) leftBehind.push(`the upload ${UploadId} of ${Key}`);
  }
  return { steps, leftBehind, kmsKey };
}

/** Whether the AWS SDK's presigner makes the same URL, byte for byte. */
export async function equalsSdkUrl(trip: RoundTrip): Promise<boolean> {
  const { address, session, presigner, endpoints, accelerate } = trip;
  const { bucket, region, key } = address;
  const { credentials } = session;
  const signedAt = trip.now();
  // The SDK names the operation in a parameter, for its own logs.
  const query = { "x-id": "GetObject" };
  const url = presigner.presign({ method: "GET", address, credentials, signedAt, expiresInSeconds, query });
  const { endpoint, forcePathStyle, useFips = false, useDualstack = false } = endpoints.fromServer(bucket);
  const resolved = endpoints.resolve(region, bucket);
  const isOfAws = endpoint === undefined && /\.amazonaws\.com(?:\.cn)?$/.test(resolved.host);
  const client = new S3Client({
    region,
    credentials,
    forcePathStyle,
    useFipsEndpoint: useFips,
    useDualstackEndpoint: useDualstack,
    useAccelerateEndpoint: accelerate,
    authSchemePreference: [],
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(isOfAws
      ? { ignoreConfiguredEndpointUrls: true }
      : { endpoint: resolved.origin.replace(`//${bucket}.`, "//") }),
  });
  const ExpectedBucketOwner = resolved.owner;
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner });
  const ofSdk = await getSignedUrl(client, command, {
    expiresIn: expiresInSeconds,
    signingDate: signedAt,
    signableHeaders: new Set(["host"]),
  });
  client.destroy();
  return ofSdk === url;
}

async function put(trip: RoundTrip): Promise<{ readonly versionId: string | undefined }> {
  const headers = [contentType, ...toTermHeaders(trip.terms)];
  const sizeBytes = text.length;
  const { url } = presignPut(trip.presigner, { ...signing(trip), headers, sizeBytes });
  const response = await send(url, "PUT", headers);
  return { versionId: response.headers.get("x-amz-version-id") ?? undefined };
}

async function get(url: string): Promise<void> {
  const response = await send(url, "GET");
  if ((await response.text()) !== text) throw new Error("The bytes are not those that were stored.");
}

function signedUrl(trip: RoundTrip): string {
  return presignDownload(trip.presigner, signing(trip)).url;
}

async function putPart(trip: RoundTrip, uploadId: string): Promise<void> {
  const part = { ...signing(trip), uploadId, partNumber: 1, sizeBytes: text.length };
  await send(presignPart(trip.presigner, part).url, "PUT");
}

function signing({ address, session, now }: RoundTrip) {
  return { address, session, signedAt: now(), expiresInSeconds };
}

/** @throws {Error} with S3's code and message, for every status but 200 */
async function send(
  url: string,
  method: "GET" | "PUT",
  headers: readonly NameAndValue[] = [],
): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: headers.map(({ name, value }) => [name, value] as [string, string]),
    body: method === "PUT" ? text : null,
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.ok) return response;
  const body = (await response.text()).slice(0, 10_000);
  const part = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  throw new Error(`${response.status} ${part("Code") ?? response.statusText}: ${part("Message") ?? ""}`);
}

function failureOf(error: unknown): string {
  const { name, message, httpStatus } = describeSdkFailure(error);
  const { cause } = error as Error;
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return httpStatus === undefined ? `${message}${reason}` : `${httpStatus} ${name}: ${message}`;
}
