import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { EndpointSettings } from "../../../../src/storage/client/endpoint-settings.ts";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";
import { Presigner, type PresignRequest } from "../../../../src/storage/signing/presigner.ts";
import {
  anyBucket,
  anyCredentials,
  anyKey,
  anyRegion,
  anySigningDate,
  objectAddress,
} from "../arbitraries.ts";
import { pairs } from "../pairs.ts";

const places: readonly EndpointSettings[] = [
  { forcePathStyle: false },
  { forcePathStyle: true },
  { forcePathStyle: false, useDualstack: true },
  { forcePathStyle: true, endpoint: "http://127.0.0.1:7480" },
  { forcePathStyle: false, endpoint: "http://store.test:8080" },
  { forcePathStyle: true, endpoint: "http://localhost:9000/" },
  { forcePathStyle: false, endpoint: "https://s3.example.com:9443" },
  { forcePathStyle: true, endpoint: "https://store.example.com:443/base/path" },
];
const presigners = new Map(
  places.map((place) => [place, new Presigner({ endpoints: new Endpoints(place) })]),
);

const anyDemand = fc.record({
  place: fc.constantFrom(...places),
  region: anyRegion,
  bucket: anyBucket,
  key: anyKey,
  credentials: anyCredentials,
  signedAt: anySigningDate,
  expiresInSeconds: fc.integer({ min: 1, max: 604_800 }),
});
type Demand = typeof anyDemand extends fc.Arbitrary<infer T> ? T : never;

function presign(demand: Demand, request: Pick<PresignRequest, "method" | "query" | "headers">): string {
  const { region, bucket, key } = demand;
  return presignerFor(demand.place).presign({ ...demand, ...request, address: { region, bucket, key } });
}

function presignerFor(place: EndpointSettings): Presigner {
  return presigners.get(place) ?? new Presigner({ endpoints: new Endpoints(place) });
}

type AnyCommand = Parameters<typeof getSignedUrl<never, never, never>>[1];

async function presignWithSdk(
  { place, region, credentials, signedAt, expiresInSeconds }: Demand,
  command: unknown,
  signedHeaders: Iterable<string> = [],
): Promise<string> {
  const config: S3ClientConfig = {
    region,
    credentials,
    forcePathStyle: place.forcePathStyle,
    useDualstackEndpoint: place.useDualstack ?? false,
    useFipsEndpoint: place.useFips ?? false,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
  };
  const names = new Set(signedHeaders);
  return getSignedUrl(new S3Client(config) as never, command as AnyCommand, {
    expiresIn: expiresInSeconds,
    signingDate: signedAt,
    signableHeaders: new Set(["host", ...names]),
    unhoistableHeaders: names,
  });
}

// The SDK adds x-id, which names the operation, to what is signed: ours takes it like any parameter.
const oftenEnough = { numRuns: 400 };

describe("Presigner and @aws-sdk/s3-request-presigner create the same URL", () => {
  test("GET, with overrides and a version", async () => {
    const overrides = fc.record(
      {
        versionId: fc.string({ unit: "grapheme-ascii", minLength: 1 }),
        "response-content-type": fc.string({ unit: "grapheme-ascii", minLength: 1 }),
        "response-content-disposition": fc.string({ unit: "grapheme", minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(anyDemand, overrides, async (demand, query) => {
        const command = new GetObjectCommand({
          Bucket: demand.bucket,
          Key: demand.key,
          VersionId: query.versionId,
          ResponseContentType: query["response-content-type"],
          ResponseContentDisposition: query["response-content-disposition"],
        });
        const url = presign(demand, { method: "GET", query: { ...query, "x-id": "GetObject" } });
        expect(url).toBe(await presignWithSdk(demand, command));
      }),
      oftenEnough,
    );
  });

  test("HEAD", async () => {
    await fc.assert(
      fc.asyncProperty(anyDemand, async (demand) => {
        const command = new HeadObjectCommand({ Bucket: demand.bucket, Key: demand.key });
        expect(presign(demand, { method: "HEAD" })).toBe(await presignWithSdk(demand, command));
      }),
      oftenEnough,
    );
  });

  test("PUT, with every header signed", async () => {
    const ascii = fc.stringMatching(/^[\x21-\x7e]( {0,2}[\x21-\x7e]){0,20}$/);
    const headers = fc.record(
      {
        "content-type": ascii,
        "content-disposition": ascii,
        "content-encoding": ascii,
        "cache-control": ascii,
        "content-length": fc.nat().map(String),
        "if-none-match": fc.constant("*"),
        "x-amz-tagging": ascii,
        "x-amz-checksum-sha256": fc.constant("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        "x-amz-meta-colour": ascii,
        "x-amz-meta-a": ascii,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(anyDemand, headers, async (demand, headers) => {
        const length = headers["content-length"];
        const metadata = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
        const command = new PutObjectCommand({
          Bucket: demand.bucket,
          Key: demand.key,
          ContentType: headers["content-type"],
          ContentDisposition: headers["content-disposition"],
          ContentEncoding: headers["content-encoding"],
          CacheControl: headers["cache-control"],
          ContentLength: length === undefined ? undefined : Number(length),
          IfNoneMatch: headers["if-none-match"],
          Tagging: headers["x-amz-tagging"],
          ChecksumSHA256: headers["x-amz-checksum-sha256"],
          Metadata: Object.fromEntries(
            metadata.map(([name, value]) => [name.slice("x-amz-meta-".length), value]),
          ),
        });
        const url = presign(demand, {
          method: "PUT",
          query: { "x-id": "PutObject" },
          headers: pairs(headers),
        });
        // The SDK makes a type up when there is none; it signs only what is listed here.
        expect(url).toBe(await presignWithSdk(demand, command, Object.keys(headers)));
      }),
      oftenEnough,
    );
  });

  test("UploadPart", async () => {
    const anyPart = fc.record({
      partNumber: fc.integer({ min: 1, max: 10_000 }),
      uploadId: fc.base64String({ minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(anyDemand, anyPart, fc.nat(), async (demand, { partNumber, uploadId }, sizeBytes) => {
        const command = new UploadPartCommand({
          Bucket: demand.bucket,
          Key: demand.key,
          PartNumber: partNumber,
          UploadId: uploadId,
          ContentLength: sizeBytes,
        });
        const url = presign(demand, {
          method: "PUT",
          query: { uploadId, partNumber: String(partNumber), "x-id": "UploadPart" },
          headers: pairs({ "content-length": String(sizeBytes) }),
        });
        expect(url).toBe(await presignWithSdk(demand, command, ["content-length"]));
      }),
      oftenEnough,
    );
  });

  test.each(["us-east-1", "us-gov-west-1"])("FIPS, with and without dual stack, in %s", async (region) => {
    for (const useDualstack of [false, true]) {
      const demand = {
        ...objectAddress("a b/é.txt", "photos", region),
        place: { forcePathStyle: false, useFips: true, useDualstack },
        credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
        signedAt: new Date("2026-01-01T00:00:00Z"),
        expiresInSeconds: 60,
      };
      const command = new HeadObjectCommand({ Bucket: demand.bucket, Key: demand.key });
      expect(presign(demand, { method: "HEAD" })).toBe(await presignWithSdk(demand, command));
    }
  });
});

describe("Presigner", () => {
  const request: PresignRequest = {
    method: "GET",
    address: objectAddress("a.txt"),
    credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
    signedAt: new Date("2026-01-01T00:00:00Z"),
    expiresInSeconds: 60,
  };
  const presigner = new Presigner({ endpoints: new Endpoints({ forcePathStyle: false }) });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 604_801])(
    "refuses to expire in %d seconds",
    (seconds) => {
      expect(() => presigner.presign({ ...request, expiresInSeconds: seconds })).toThrow(RangeError);
    },
  );

  test("refuses parameters that do not start with a lower-case letter", () => {
    expect(() => presigner.presign({ ...request, query: { "X-Amz-Expires": "1" } })).toThrow(RangeError);
  });

  test("signs the version of the address", () => {
    const address = { ...request.address, versionId: "v/1" };
    expect(presigner.presign({ ...request, address })).toMatch(/&X-Amz-SignedHeaders=host&versionId=v%2F1$/);
  });

  test("counts signatures by operation", async () => {
    const metrics = createMetrics();
    const counting = new Presigner({ endpoints: new Endpoints({ forcePathStyle: false }), metrics });
    counting.presign(request);
    counting.presign(request);
    counting.presign({ ...request, method: "PUT" });
    counting.presign({ ...request, method: "PUT", query: { partNumber: "1", uploadId: "u" } });
    const name = "valetkey_presigned_urls_total";
    const text = await metrics.registry.getSingleMetricAsString(name);
    expect(text).toContain(
      `${name}{operation="get"} 2\n${name}{operation="put"} 1\n${name}{operation="part"} 1`,
    );
    counting.presign(request);
    expect(await metrics.registry.getSingleMetricAsString(name)).toContain(`${name}{operation="get"} 3`);
  });
});
