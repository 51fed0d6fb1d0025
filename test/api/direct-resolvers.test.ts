import "reflect-metadata";
import fc from "fast-check";
import { execute, type GraphQLSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { treatNullAsDefault } from "../../src/graphql/null-defaults.ts";
import { resolveReferences } from "../../src/graphql/object/object-reference.ts";
import { buildWithTypeGraphQL, createSchema } from "../../src/graphql/schema.ts";
import { startLibraryWithRole } from "../support/library.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket } from "../support/test-server.ts";

const { valetKey } = await shareInFile(
  startLibraryWithRole({ grants: { grants: [...anyoneMayDoAnything] } }),
);
const principal = { authenticated: false } as const;
const direct = await createSchema();
const withWrapper = treatNullAsDefault(resolveReferences(await buildWithTypeGraphQL()));

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

async function run(schema: GraphQLSchema, query: string, variableValues: Record<string, unknown>) {
  const contextValue = await valetKey.context({ principal });
  const result = await execute({ schema, document: parse(query), variableValues, contextValue });
  return withoutSecrets(JSON.stringify(result));
}

async function* text() {
  yield Buffer.from("text");
}

/** Replaces what differs between two requests in any case: times, signatures and sessions. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(X-Amz-(?:Date|Expires|Signature|Credential|Security-Token))=[^&"\\]*/gi, "$1")
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, "ID");
}

test.each<[string, string, fc.Arbitrary<Record<string, unknown>>]>([
  ["downloads", downloads, downloadArguments],
  ["uploads", uploads, uploadArguments],
])(
  "%s: results and errors are those of the resolvers that TypeGraphQL creates",
  { timeout: 120_000 },
  async (_name, query, args) => {
    for (const key of ["a.txt", "é😀"]) await valetKey.for(principal).uploadStream(text(), { bucket, key });
    let signed = 0;
    await fc.assert(
      fc.asyncProperty(args, async (variables) => {
        const expected = await run(withWrapper, query, variables);
        expect(await run(direct, query, variables)).toBe(expected);
        if (expected.includes("X-Amz-")) signed += 1;
      }),
      { numRuns: 80 },
    );
    // About half of the requests have no fault.
    expect(signed).toBeGreaterThan(5);
  },
);
