import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildSchema, type OperationDefinitionNode, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { compileCost, maxOperationCost } from "../../../../src/graphql/operation/operation-cost.ts";
import { planUpload } from "../../../../src/storage/multipart/upload-plan.ts";

const schema = buildSchema(readFileSync(resolve(import.meta.dirname, "../../../../schema.graphql"), "utf8"));

function costOf(query: string, variables: Record<string, unknown> = {}): number {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find(({ kind }) => kind === "OperationDefinition");
  return compileCost(schema, document, operation as OperationDefinitionNode)(variables, 10_000);
}

const objects = (count: number) => Array.from({ length: count }, () => ({ bucket: "b", key: "k" }));
const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");

describe("the cost of an operation", () => {
  it.each<[string, string, Record<string, unknown>, number]>([
    ["a value counts 1", "{ viewer { subject } }", {}, 1],
    ["a URL counts 10", '{ downloadUrl(bucket: "b", key: "k") { url expiresAt } }', {}, 11],
    ["each alias counts", '{ downloadUrl(bucket: "b", key: "k") { a: key b: key } }', {}, 2],
    [
      "an item of a batch counts as often as it is asked for",
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url key } }",
      { objects: objects(7) },
      77,
    ],
    [
      "so does one that is written out",
      'mutation { deleteObjects(objects: [{ bucket: "b", key: "1" }, { bucket: "b", key: "2" }]) { key } }',
      {},
      2,
    ],
    ["a page counts its size", '{ objects(bucket: "b", first: 30) { nodes { key size } } }', {}, 60],
    ["which is 100 when nobody says", '{ objects(bucket: "b") { edges { node { key } cursor } } }', {}, 200],
    ["and never more than 1,000", '{ objects(bucket: "b", first: 2000) { folders } }', {}, 1000],
    [
      "variables count with their defaults",
      'query ($n: Int = 5) { objects(bucket: "b", first: $n) { nodes { key } } }',
      { n: 5 },
      5,
    ],
    ["a short list counts ten", '{ objects(bucket: "b", first: 3) { nodes { tags { name } } } }', {}, 30],
    ["parts count by their numbers", '{ upload(id: "i") { parts(numbers: [1, 2, 3]) { url } } }', {}, 30],
    ["or by how many are wanted", '{ upload(id: "i") { parts(first: 4) { number } } }', {}, 4],
    ["which is all when nobody says", '{ upload(id: "i") { parts { number } } }', {}, 1000],
    [
      "a fragment counts where it is spread",
      "{ viewer { ...f ...f } } fragment f on Viewer { subject }",
      {},
      1,
    ],
    [
      "of a union the dearest type counts",
      `mutation { requestUpload(input: { bucket: "b", key: "k" }, size: 20000000) {
        ... on PutUpload { url } ... on PostUpload { url key } ... on MultipartUpload { id parts(first: 2) { url } }
      } }`,
      {},
      21,
    ],
    [
      "an upload has as many parts as its size takes",
      `mutation { requestUpload(input: { bucket: "b", key: "k" }, size: 1) {
        ... on MultipartUpload { parts { number } uploadedParts { number } }
      } }`,
      {},
      2,
    ],
    [
      "and by PUT or POST none",
      `mutation { requestUpload(input: { bucket: "b", key: "k" }, size: 1000000000, method: PUT) {
        ... on PutUpload { url } ... on MultipartUpload { parts { number } uploadedParts { number } }
      } }`,
      {},
      10,
    ],
    [
      "each upload of a batch counts by its own size",
      `mutation ($uploads: [RequestUploadInput!]!) { requestUploads(uploads: $uploads) {
        ... on PutUpload { url } ... on MultipartUpload { uploadedParts { number size } }
      } }`,
      {
        uploads: [
          { size: 1 },
          { size: 1e9 },
          { size: -1 },
          { size: "x" },
          null,
          { size: 1e12, method: "POST" },
        ],
      },
      10 + 2 * planUpload(1e9).partCount + 4 * 10,
    ],
  ])("%s", (_what, query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost);
  });

  it("lets a thousand small uploads ask for everything that any kind of upload has", () => {
    const uploads = Array.from({ length: 1000 }, () => ({ input: { bucket: "b", key: "k" }, size: 5 }));
    const query = `mutation ($uploads: [RequestUploadInput!]!) { requestUploads(uploads: $uploads) {
      ... on PutUpload { url headers { name value } expiresAt bucket key region }
      ... on PostUpload { url fields { name value } expiresAt bucket key region }
      ... on MultipartUpload {
        id bucket key region size partSize partCount
        uploadedParts { number size etag uploadedAt }
        parts { number size url headers { name value } expiresAt }
      }
    } }`;
    expect(costOf(query, { uploads })).toBeLessThan(maxOperationCost);
  });

  it.each([
    ["objects of the wrong type", { objects: "x".repeat(500_000) }],
    ["no objects", {}],
    ["null", { objects: null }],
  ])("leaves %s to execution", (_what, variables) => {
    const query = "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { key } }";
    expect(costOf(query, variables)).toBe(1);
  });

  it("lets the largest sensible requests pass", () => {
    const everything =
      "bucket key region size etag lastModified versionId storageClass contentType contentDisposition cacheControl metadata { name value } tags { name value } checksum { algorithm value } downloadUrl { url expiresAt bucket key region }";
    const page = `{ objects(bucket: "b", first: 1000) { nodes { ${everything} } folders pageInfo { hasNextPage endCursor } } }`;
    expect(costOf(page)).toBeLessThan(maxOperationCost);
    const batch =
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url expiresAt bucket key region } }";
    expect(costOf(batch, { objects: objects(1000) })).toBeLessThan(maxOperationCost);
    const parts =
      '{ upload(id: "i") { uploadedParts { number size etag uploadedAt } parts(first: 1000) { number size url headers { name value } expiresAt } } }';
    expect(costOf(parts)).toBeLessThan(maxOperationCost);
  });

  it.each([
    ["many pages", `{ ${aliases(150, 'objects(bucket: "b", first: 1000) { nodes { key } }')} }`],
    ["a URL many times over", `{ upload(id: "i") { ${aliases(60, "parts { url }")} } }`],
    [
      "parts of many uploads",
      `mutation ($uploads: [RequestUploadInput!]!) {
        requestUploads(uploads: $uploads) { ... on MultipartUpload { parts(first: 1000) { url } } }
      }`,
    ],
  ])("is over the limit for %s", (_what, query) => {
    const uploads = Array.from({ length: 1000 }, () => ({ size: 1e9 }));
    expect(costOf(query, { uploads })).toBeGreaterThan(maxOperationCost);
  });
});
