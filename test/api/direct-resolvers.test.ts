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

/** Usually one of the valid values, null or nothing at all. One fault in a field hides what is returned for the others. */
function mostly(valid: readonly unknown[], faulty: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(undefined, null, ...valid) },
    { weight: 1, arbitrary: fc.constantFrom(...faulty) },
  );
}
/** The same for a value that is required. */
const given = (valid: readonly unknown[], faulty: readonly unknown[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...valid) },
    { weight: 1, arbitrary: fc.constantFrom(...faulty) },
  );

const keys = given(["a.txt", "é😀"], ["", "a/../b", "x".repeat(1025), null]);
const buckets = given([bucket], ["UPPER", "forbidden-bucket", 3]);
const regions = mostly(["us-east-1"], ["mars-1"]);
const lifetimes = mostly([60, 600], [0, -1, 900_000, 2 ** 31]);

const downloadArguments = fc.record({
  bucket: buckets,
  key: keys,
  region: regions,
  versionId: mostly(["null"], ["no such version!"]),
  verify: mostly([false], [1]),
  expiresIn: lifetimes,
  stableFor: mostly([60], [-1]),
  disposition: mostly(["INLINE", "ATTACHMENT"], ["OTHER"]),
  filename: mostly(["é.pdf"], ["a\r\nb"]),
  contentType: mostly(["image/png"], ["nonsense"]),
  objects: fc.array(fc.record({ bucket: buckets, key: keys, region: regions }), { maxLength: 3 }),
});
const pair = fc.record({ name: given(["a", "b"], ["", "b c"]), value: given(["1", "2"], ["é"]) });
const uploadArguments = fc.record({
  input: fc.record({
    bucket: buckets,
    key: keys,
    contentType: mostly(["image/png"], ["nonsense"]),
    metadata: fc.option(fc.array(pair, { maxLength: 1 })),
    tags: fc.option(fc.array(pair, { maxLength: 1 })),
    overwrite: mostly([true, false], ["no"]),
    checksum: mostly([{ algorithm: "CRC32", value: "AAAAAA==" }], [{ algorithm: "SHA256", value: "short" }]),
  }),
  size: given([3, 3_000], [0, -1, 1.5, 6 * 2 ** 30, null]),
  maxSize: mostly([], [10, 2 ** 40]),
  method: mostly(["PUT", "POST"], ["OTHER"]),
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
    for (const key of ["a.txt", "é😀"]) await direct.seed(key, "text");
    let signed = 0;
    await fc.assert(
      fc.asyncProperty(args, async (variables) => {
        const expected = await post(withWrapper.url, query, variables);
        expect(await post(direct.url, query, variables)).toEqual(expected);
        if (expected.text.includes("X-Amz-")) signed += 1;
      }),
      { numRuns: 80 },
    );
    // About half of the requests have no fault.
    expect(signed).toBeGreaterThan(5);
  },
);
