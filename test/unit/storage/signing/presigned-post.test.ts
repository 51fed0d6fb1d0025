import { S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { EndpointSettings } from "../../../../src/storage/client/endpoint-settings.ts";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";
import { presignPost } from "../../../../src/storage/signing/presigned-post.ts";
import { Presigner } from "../../../../src/storage/signing/presigner.ts";
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
  { forcePathStyle: true, endpoint: "http://127.0.0.1:7480" },
];
const describedBy = { "Content-Type": "image/png", "x-amz-meta-a": "1", "Cache-Control": "no-store" };

const anyDemand = fc.record({
  place: fc.constantFrom(...places),
  region: anyRegion,
  bucket: anyBucket,
  key: anyKey.filter((key) => !key.includes("${filename}")),
  credentials: anyCredentials,
  signedAt: anySigningDate,
  expiresInSeconds: fc.integer({ min: 1, max: 604_800 }),
  sizes: fc.record({ minBytes: fc.nat(), maxBytes: fc.nat() }),
});

describe("presignPost", () => {
  test("creates the same form as @aws-sdk/s3-presigned-post", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await fc.assert(
        fc.asyncProperty(anyDemand, async (demand) => {
          const { place, region, bucket, key, credentials, signedAt, expiresInSeconds, sizes } = demand;
          vi.setSystemTime(signedAt);
          const client = new S3Client({
            region,
            credentials,
            forcePathStyle: place.forcePathStyle,
            ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
          });
          const expected = await createPresignedPost(client, {
            Bucket: bucket,
            Key: key,
            Fields: describedBy,
            Conditions: [["content-length-range", sizes.minBytes, sizes.maxBytes]],
            Expires: expiresInSeconds,
          });
          const post = presignPost(new Presigner({ endpoints: new Endpoints(place) }), {
            address: { region, bucket, key },
            session: { credentials, expiresAt: new Date("2199-01-01"), sessionName: "test" },
            signedAt,
            expiresInSeconds,
            fields: pairs(describedBy),
            sizes,
          });
          expect(post.url).toBe(expected.url);
          expect(Object.fromEntries(post.fields.map(({ name, value }) => [name, value]))).toEqual(
            expected.fields,
          );
        }),
        { numRuns: 500 },
      );
    } finally {
      vi.useRealTimers();
    }
  });
});

const demand = {
  address: objectAddress("a.txt"),
  session: {
    credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
    expiresAt: new Date("2026-01-01T12:01:30Z"),
    sessionName: "test",
  },
  signedAt: new Date("2026-01-01T12:00:00Z"),
  expiresInSeconds: 600,
  fields: [],
  sizes: { minBytes: 5, maxBytes: 5 },
};

function presigner(metrics = createMetrics()): Presigner {
  return new Presigner({ endpoints: new Endpoints({ forcePathStyle: false }), metrics });
}

function policyOf(fields: readonly { name: string; value: string }[]) {
  const policy = fields.find(({ name }) => name === "Policy")?.value ?? "";
  return JSON.parse(Buffer.from(policy, "base64").toString());
}

describe("a form", () => {
  test("starts with the key and has a condition for every field", () => {
    const { fields } = presignPost(presigner(), { ...demand, fields: pairs(describedBy) });
    expect(fields[0]).toEqual({ name: "key", value: "a.txt" });
    const { conditions } = policyOf(fields);
    const unconditional = ["Policy", "X-Amz-Signature"];
    const conditional = fields.filter(({ name }) => !unconditional.includes(name));
    expect(conditions).toHaveLength(conditional.length + 1);
    expect(conditions).toEqual(
      expect.arrayContaining([
        ["content-length-range", 5, 5],
        ...conditional.map(({ name, value }) => ({ [name]: value })),
      ]),
    );
  });

  test("never outlives the session", () => {
    const { fields, expiresAt } = presignPost(presigner(), demand);
    expect(expiresAt).toEqual(demand.session.expiresAt);
    expect(policyOf(fields).expiration).toBe("2026-01-01T12:01:30Z");
  });

  test("is counted", async () => {
    const metrics = createMetrics();
    presignPost(presigner(metrics), demand);
    expect(await metrics.registry.getSingleMetricAsString("valetkey_presigned_urls_total")).toContain(
      'valetkey_presigned_urls_total{operation="post"} 1',
    );
  });
});
