import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";
import { Presigner } from "../../../../src/storage/signing/presigner.ts";
import { amzDate } from "../../../../src/storage/signing/signature.ts";
import { Boto3, hasBoto3, type PresignWithBoto3 } from "../../../support/boto3.ts";
import { shareInFile } from "../../../support/share-in-file.ts";
import { anyCredentials, anyKey, anySigningDate, objectAddress } from "../arbitraries.ts";
import { pairs } from "../pairs.ts";

const endpoint = "http://127.0.0.1:7480";
const presigner = new Presigner({ endpoints: new Endpoints({ endpoint, forcePathStyle: true }) });
const settings = { endpoint, region: "eu-west-1", accessKeyId: "none", secretAccessKey: "none" };
/** Always the same ones, because a rare difference may as well be one of botocore's. */
const sampled = { numRuns: 200, seed: 1 };

const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const anyToken = fc.stringMatching(/^[\x21-\x7e]( {0,2}[\x21-\x7e]){0,20}$/);
const anyRequest = fc.record({
  key: anyKey,
  credentials: anyCredentials,
  signedAt: anySigningDate,
  expiresInSeconds: fc.integer({ min: 1, max: 604_800 }),
});
type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer T> ? T : never;

/** What a presigned request adds to its address, in our words and in those of boto3. */
interface Rest {
  readonly method: "GET" | "HEAD" | "PUT";
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operation: PresignWithBoto3["operation"];
  readonly parameters: object;
}

const downloads = fc
  .record(
    {
      versionId: anyText,
      "response-content-type": anyText,
      "response-content-disposition": anyText,
      "response-cache-control": anyText,
    },
    { requiredKeys: [] },
  )
  .map(
    (query): Rest => ({
      method: "GET",
      query,
      operation: "get_object",
      parameters: {
        VersionId: query.versionId,
        ResponseContentType: query["response-content-type"],
        ResponseContentDisposition: query["response-content-disposition"],
        ResponseCacheControl: query["response-cache-control"],
      },
    }),
  );

const heads = fc.constant<Rest>({ method: "HEAD", operation: "head_object", parameters: {} });

const uploads = fc
  .record(
    {
      "content-type": anyToken,
      "content-disposition": anyToken,
      "cache-control": anyToken,
      "content-length": fc.nat().map(String),
      "x-amz-tagging": anyToken,
      "x-amz-checksum-sha256": fc.constant("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
      "x-amz-meta-colour": anyToken,
    },
    { requiredKeys: [] },
  )
  .map((headers): Rest => {
    const { "content-length": length, "x-amz-meta-colour": colour } = headers;
    return {
      method: "PUT",
      headers,
      operation: "put_object",
      parameters: {
        ContentType: headers["content-type"],
        ContentDisposition: headers["content-disposition"],
        CacheControl: headers["cache-control"],
        ContentLength: length === undefined ? undefined : Number(length),
        Tagging: headers["x-amz-tagging"],
        ChecksumSHA256: headers["x-amz-checksum-sha256"],
        Metadata: colour === undefined ? undefined : { colour },
      },
    };
  });

const parts = fc
  .record({
    partNumber: fc.integer({ min: 1, max: 10_000 }),
    uploadId: fc.base64String({ minLength: 1 }),
    length: fc.nat(),
  })
  .map(
    ({ partNumber, uploadId, length }): Rest => ({
      method: "PUT",
      query: { partNumber: String(partNumber), uploadId },
      headers: { "content-length": String(length) },
      operation: "upload_part",
      parameters: { PartNumber: partNumber, UploadId: uploadId, ContentLength: length },
    }),
  );

const boto3 = await shareInFile(new Boto3());

describe.skipIf(!hasBoto3)("Presigner and botocore sign a request alike (needs python3-boto3):", () => {
  test.each([
    ["GET with a version and response headers", downloads],
    ["HEAD", heads],
    ["PUT with headers", uploads],
    ["UploadPart", parts],
  ])("%s", async (_what, rests) => {
    const requests = fc.sample(fc.tuple(anyRequest, rests), sampled);
    const theirs = await boto3.presign(
      settings,
      requests.map(([request, rest]) => forBoto3(request, rest)),
    );
    expect(theirs).toHaveLength(sampled.numRuns);
    for (const [index, [request, rest]] of requests.entries()) {
      const ours = presign(request, rest);
      expect(partsOf(ours), ours).toEqual(partsOf(theirs[index] ?? ""));
    }
  });
});

function presign({ key, ...request }: AnyRequest, { method, query, headers }: Rest): string {
  const address = objectAddress(key);
  return presigner.presign({ ...request, address, method, query, headers: headers && pairs(headers) });
}

function forBoto3(request: AnyRequest, { operation, parameters }: Rest): PresignWithBoto3 {
  const { key, credentials, signedAt, expiresInSeconds } = request;
  const { bucket } = objectAddress(key);
  return {
    operation,
    parameters: { Bucket: bucket, Key: key, ...parameters },
    expiresInSeconds,
    signedAt: amzDate(signedAt),
    credentials,
  };
}

/** Botocore has another order of parameters. The path and the signature have to be equal to the letter. */
function partsOf(url: string) {
  const [path, query = ""] = url.split("?");
  return { path, query: query.split("&").sort() };
}
