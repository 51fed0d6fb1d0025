import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer } from "../support/test-server.ts";

/** Whether a schema that is built now keeps the resolvers of TypeGraphQL. */
const wrapped = vi.hoisted(() => ({ isOn: false, schemas: 0 }));

vi.mock(import("../../src/graphql/direct-resolvers.ts"), async (importOriginal) => {
  const original = await importOriginal();
  return {
    callResolversDirectly(schema) {
      if (!wrapped.isOn) return original.callResolversDirectly(schema);
      wrapped.schemas += 1;
      return schema;
    },
  };
});

const direct = await shareInFile(startTestServer({ grants: anyoneMayDoAnything }));
wrapped.isOn = true;
const withWrapper = await shareInFile(startTestServer({ store: direct.store, grants: anyoneMayDoAnything }));
wrapped.isOn = false;

const downloads = `query ($bucket: String!, $key: String!, $region: String, $versionId: String, $verify: Boolean, $expiresIn: Int,
  $stableFor: Int, $disposition: Disposition, $filename: String, $contentType: String, $objects: [ObjectInput!]!) {
  downloadUrl(bucket: $bucket, key: $key, region: $region, versionId: $versionId, verify: $verify, expiresIn: $expiresIn,
    stableFor: $stableFor, disposition: $disposition, filename: $filename, contentType: $contentType) { url key region }
  omitted: downloadUrl(bucket: $bucket, key: $key, verify: false) { url bucket }
  downloadUrls(objects: $objects, verify: $verify, expiresIn: $expiresIn) { url key }
}`;
const uploads = `mutation ($input: UploadInput!, $size: SafeInt, $maxSize: SafeInt, $method: UploadMethod, $expiresIn: Int) {
  requestUpload(input: $input, size: $size, maxSize: $maxSize, method: $method, expiresIn: $expiresIn) {
    __typename
    ... on PutUpload { url key headers { name value } }
    ... on PostUpload { url key fields { name } }
  }
}`;

/** A value, null, or nothing at all. */
const maybe = (...values: readonly unknown[]) => fc.constantFrom(undefined, null, ...values);
const keys = fc.constantFrom("a.txt", "missing", "", "a/../b", "é😀", "\u0000", "x".repeat(1025));
const buckets = fc.constantFrom(bucket, bucket, bucket, "UPPER", "forbidden-bucket");
const regions = maybe("us-east-1", "mars-1");
const lifetimes = maybe(60, 0, -1, 900_000, 2 ** 31);

const downloadArguments = fc.record({
  bucket: buckets,
  key: keys,
  region: regions,
  versionId: maybe("null", "no such version!"),
  verify: maybe(true, false),
  expiresIn: lifetimes,
  stableFor: maybe(0, 60),
  disposition: maybe("INLINE", "ATTACHMENT", "OTHER"),
  filename: maybe("é.pdf", "a\r\nb"),
  contentType: maybe("text/html", "image/png", "nonsense"),
  objects: fc.array(fc.record({ bucket: buckets, key: keys, region: regions }), { maxLength: 3 }),
});
const pair = fc.record({ name: fc.constantFrom("a", "", "b c"), value: fc.constantFrom("1", "é") });
const uploadArguments = fc.record({
  input: fc.record({
    bucket: buckets,
    key: keys,
    contentType: maybe("image/png", "nonsense"),
    metadata: fc.option(fc.array(pair, { maxLength: 2 })),
    tags: fc.option(fc.array(pair, { maxLength: 2 })),
    overwrite: maybe(true, false),
    checksum: maybe({ algorithm: "CRC32", value: "AAAAAA==" }, { algorithm: "SHA256", value: "short" }),
  }),
  size: maybe(3, 0, -1, 1.5, 6 * 2 ** 30),
  maxSize: maybe(10, 2 ** 40),
  method: fc.constantFrom(undefined, null, "PUT", "POST", "OTHER"),
  expiresIn: lifetimes,
});

async function post(url: string, query: string, variables: unknown) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, text: withoutSecrets(await response.text()) };
}

/** Replaces what differs between two servers in any case: times, signatures and sessions. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(X-Amz-(?:Date|Expires|Signature|Credential|Security-Token))=[^&"\\]*/gi, "$1")
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, "ID");
}

test.each<[string, string, fc.Arbitrary<unknown>]>([
  ["downloads", downloads, downloadArguments],
  ["uploads", uploads, uploadArguments],
])(
  "%s: results and errors are those of the resolvers that TypeGraphQL creates",
  { timeout: 120_000 },
  async (_name, query, args) => {
    expect(wrapped.schemas).toBe(1);
    await direct.seed("a.txt", "text");
    await fc.assert(
      fc.asyncProperty(args, async (variables) => {
        const expected = await post(withWrapper.url, query, variables);
        expect(await post(direct.url, query, variables)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  },
);
