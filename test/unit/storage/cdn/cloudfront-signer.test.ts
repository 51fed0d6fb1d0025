import { type KeyObject, verify } from "node:crypto";
import { getSignedUrl } from "@aws-sdk/cloudfront-signer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { ObjectKey } from "../../../../src/core/object-address.ts";
import { CloudFrontSigner } from "../../../../src/storage/cdn/cloudfront-signer.ts";
import { cloudFrontResource } from "../../../../src/storage/cdn/cloudfront-url.ts";
import { makeCdnKeyPair } from "../../../support/cdn-keys.ts";
import { anyKey } from "../arbitraries.ts";

const rsa = await makeCdnKeyPair("rsa");
const ec = await makeCdnKeyPair("ec");
const keyPairs = [rsa, ec];
const origin = "https://d111111abcdef8.cloudfront.net";
const signer = new CloudFrontSigner();
const signedAt = new Date("2026-11-28T12:00:00.750Z");

const anyOverrides = fc.option(
  fc.record({
    "response-content-disposition": fc.string({ unit: "grapheme", minLength: 1 }),
    "response-content-type": fc.constantFrom("image/png", "text/plain; charset=utf-8", "a/b+c"),
  }),
  { nil: undefined },
);
const anyRequest = fc.record({
  keyPair: fc.constantFrom(...keyPairs),
  key: anyKey,
  versionId: fc.option(fc.stringMatching(/^[\w.~+/=-]{1,40}$/), { nil: undefined }),
  overrides: anyOverrides,
  expiresInSeconds: fc.integer({ min: 1, max: 604_800 }),
});
type Request = typeof anyRequest extends fc.Arbitrary<infer T> ? T : never;

const signed = async ({ keyPair: cdn, key, versionId, overrides, expiresInSeconds }: Request) => {
  const resource = cloudFrontResource({ url: origin }, { key, versionId }, overrides);
  return { resource, ...(await signer.sign({ resource, cdn, signedAt, expiresInSeconds })) };
};

/** The signed text and the signature of a URL, taken apart without the code that is tested. */
function taken(url: string) {
  const { groups = {} } =
    /^(?<resource>.*)[?&]Expires=(?<expires>\d+)&Signature=(?<signature>[\w~-]+)&Key-Pair-Id=(?<id>\w+)&Hash-Algorithm=SHA256$/.exec(
      url,
    ) ?? {};
  const { resource = "", expires = "", signature = "", id } = groups;
  const policy = JSON.stringify({
    Statement: [{ Resource: resource, Condition: { DateLessThan: { "AWS:EpochTime": Number(expires) } } }],
  });
  const base64 = signature.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/");
  return { resource, expires: Number(expires), policy, signature: Buffer.from(base64, "base64"), id };
}

const isSignedBy = (url: string, publicKey: KeyObject) => {
  const { policy, signature } = taken(url);
  return verify("sha256", Buffer.from(policy), publicKey, signature);
};

describe("a URL of CloudFront", () => {
  test("has a signature of the canned policy that the public key verifies", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (request) => {
        const { url, expiresAt, resource } = await signed(request);
        const parts = taken(url);
        expect(parts.resource).toBe(resource);
        expect(parts.id).toBe(request.keyPair.keyPairId);
        expect(isSignedBy(url, request.keyPair.publicKey)).toBe(true);
        for (const { publicKey } of keyPairs) {
          expect(isSignedBy(url, publicKey)).toBe(publicKey === request.keyPair.publicKey);
        }
        expect(expiresAt.getTime()).toBe(
          Math.floor(signedAt.getTime() / 1000) * 1000 + request.expiresInSeconds * 1000,
        );
        expect(parts.expires * 1000).toBe(expiresAt.getTime());
      }),
      { numRuns: 60 },
    );
  });

  test("leads every URL parser to the object's key, and has no wildcards", () => {
    fc.assert(
      fc.property(anyRequest, ({ key, versionId, overrides }) => {
        const resource = cloudFrontResource({ url: origin }, { key, versionId }, overrides);
        const parsed = new URL(resource);
        expect(parsed.href).toBe(resource);
        expect(decodeURIComponent(parsed.pathname.slice(1))).toBe(key);
        expect(parsed.searchParams.get("versionId") ?? undefined).toBe(versionId);
        for (const [name, value] of Object.entries(overrides ?? {})) {
          expect(parsed.searchParams.get(name)).toBe(value);
        }
        expect(resource).toMatch(/^https:\/\/d111111abcdef8\.cloudfront\.net\/[\w.~%/-]*(?:\?[\w.~%=&-]*)?$/);
      }),
    );
  });

  // The SDK decodes !'()* in a path again, so that keys with a * would become wildcards: see the decision record.
  test("is the one that the AWS SDK signs, apart from ECDSA signatures, which always differ", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRequest.filter(({ key }) => !/[!'()*]/.test(key)),
        async (request) => {
          const { url, resource, expiresAt } = await signed(request);
          const { keyPairId, pem: privateKey } = request.keyPair;
          const ofSdk = getSignedUrl({
            url: resource,
            keyPairId,
            privateKey,
            dateLessThan: expiresAt.toISOString(),
            algorithm: "SHA256",
          });
          const isCompared = (each: string) => request.keyPair === rsa || !each.startsWith("Signature=");
          const partsOf = (text: string) => text.split(/[?&]/).filter(isCompared).sort();
          expect(partsOf(url)).toEqual(partsOf(ofSdk));
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each(["a/../b", "./a", "a/.", "..", "a/./b"])("does not exist for the key %j", (key) => {
    expect(() => cloudFrontResource({ url: origin }, { key: key as ObjectKey })).toThrow(
      expect.objectContaining({ code: "BAD_USER_INPUT", field: "key" }),
    );
  });

  test("has at most 8,192 characters", async () => {
    const header = `attachment; filename*=UTF-8''${"%ED%95%9C".repeat(341)}`;
    const resource = cloudFrontResource(
      { url: origin },
      { key: "한".repeat(341) as ObjectKey },
      { "response-content-disposition": header },
    );
    await expect(signer.sign({ resource, cdn: ec, signedAt, expiresInSeconds: 1 })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "filename",
    });
  });

  test.each([0, 1.5, 604_801, Number.NaN])("does not live for %d seconds", async (expiresInSeconds) => {
    const signing = signer.sign({ resource: `${origin}/a`, cdn: rsa, signedAt, expiresInSeconds });
    await expect(signing).rejects.toThrow(RangeError);
  });

  test("is counted", async () => {
    const metrics = createMetrics();
    await new CloudFrontSigner({ metrics }).sign({
      resource: `${origin}/a`,
      cdn: ec,
      signedAt,
      expiresInSeconds: 1,
    });
    expect(await metrics.registry.metrics()).toContain('valetkey_presigned_urls_total{operation="get"} 1');
  });
});

describe("a stable URL", () => {
  const request = { resource: `${origin}/stable`, signedAt, expiresInSeconds: 60 };

  test.each([
    ["RSA", rsa],
    ["ECDSA", ec],
  ])("is the same for equal requests, with %s", async (_, cdn) => {
    const stable = { ...request, cdn, isStable: true };
    const together = await Promise.all([signer.sign(stable), signer.sign(stable)]);
    const urls = new Set([...together, await signer.sign(stable)].map(({ url }) => url));
    expect(urls.size).toBe(1);
    const next = await signer.sign({ ...stable, expiresInSeconds: 61 });
    expect(urls).not.toContain(next.url);
  });

  test("is not signed with another key's signature", async () => {
    const other = await makeCdnKeyPair("ec");
    await signer.sign({ ...request, cdn: ec, isStable: true });
    const { url } = await signer.sign({ ...request, cdn: other, isStable: true });
    expect(isSignedBy(url, other.publicKey)).toBe(true);
  });

  test("is signed again after a failure", async () => {
    let calls = 0;
    const failing = new CloudFrontSigner({
      sign: async () => {
        calls += 1;
        if (calls === 1) throw new Error("no memory");
        return new Uint8Array(70);
      },
    });
    const stable = { ...request, cdn: ec, isStable: true };
    await expect(failing.sign(stable)).rejects.toThrow("no memory");
    await expect(failing.sign(stable)).resolves.toHaveProperty("url");
    await failing.sign(stable);
    expect(calls).toBe(2);
  });
});

test("a thousand signatures take a few threads at a time", async () => {
  let running = 0;
  let mostAtOnce = 0;
  const slow = new CloudFrontSigner({
    sign: async () => {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return new Uint8Array(256);
    },
  });
  const signing = Array.from({ length: 1_000 }, (_, index) =>
    slow.sign({ resource: `${origin}/${index}`, cdn: rsa, signedAt, expiresInSeconds: 60 }),
  );
  expect(await Promise.all(signing)).toHaveLength(1_000);
  expect(mostAtOnce).toBeLessThanOrEqual(3);
});
