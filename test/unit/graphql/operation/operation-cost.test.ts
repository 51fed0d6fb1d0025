import {
  getNullableType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import { describe, expect, test } from "vitest";
import { limits } from "../../../../src/graphql/operation/limits.ts";
import {
  costOfOperation,
  estimateValues,
  maximumCost,
} from "../../../../src/graphql/operation/operation-cost.ts";
import { createSchema } from "../../../../src/graphql/schema.ts";
import type { FieldCost } from "../../../../src/graphql/types/field-cost.ts";
import { planUpload } from "../../../../src/storage/multipart/upload-plan.ts";

const schema = await createSchema();

function costsOf(query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find(({ kind }) => kind === "OperationDefinition");
  return costOfOperation(schema, document, operation as OperationDefinitionNode, variables);
}

const mostOf = (query: string) => {
  const document = parse(query);
  return maximumCost(schema, document, document.definitions[0] as OperationDefinitionNode);
};
const costOf = (query: string, variables?: Record<string, unknown>) => costsOf(query, variables)?.values;

const objects = (count: number) => Array.from({ length: count }, () => ({ bucket: "b", key: "k" }));
const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");

describe("the cost of an operation", () => {
  test.each<[string, string, Record<string, unknown>, number]>([
    ["a value counts 1", "{ viewer { subject } }", {}, 1],
    ["a URL counts 25", '{ downloadUrl(bucket: "b", key: "k") { url expiresAt } }', {}, 26],
    ["each alias counts", '{ downloadUrl(bucket: "b", key: "k") { a: key b: key } }', {}, 2],
    [
      "an item of a batch counts as often as it is asked for",
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url key } }",
      { objects: objects(7) },
      7 * 26,
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
    ["parts count by their numbers", '{ upload(id: "i") { parts(numbers: [1, 2, 3]) { url } } }', {}, 75],
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
      51,
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
      25,
    ],
    [
      "each upload of a batch counts by its own size",
      `mutation ($uploads: [RequestUploadInput!]!) { requestUploads(uploads: $uploads) {
        ... on PutUpload { url } ... on MultipartUpload { uploadedParts { number size } }
      } }`,
      {
        uploads: [
          { input: { bucket: "b", key: "k" }, size: 1 },
          { input: { bucket: "b", key: "k" }, size: 1e9 },
          { input: { bucket: "b", key: "k" }, size: -1 },
          { input: { bucket: "b", key: "k" }, size: 1e12, method: "POST" },
        ],
      },
      25 + 2 * planUpload(1e9).partCount + 2 * 25,
    ],
  ])("%s", (_what, query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost);
  });

  test("allows 1,000 small uploads with all fields of every kind of upload", () => {
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
    expect(costOf(query, { uploads })).toBeLessThan(limits.operationValues);
  });

  test.each([
    ["objects of the wrong type", { objects: "x" }],
    ["no objects", {}],
    ["null", { objects: null }],
  ])("leaves %s to execution", (_what, variables) => {
    const query = "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { key } }";
    expect(costOf(query, variables)).toBeUndefined();
  });

  test("allows the largest sensible requests", () => {
    const everything =
      "bucket key region size etag lastModified versionId storageClass contentType contentDisposition cacheControl metadata { name value } tags { name value } checksum { algorithm value } downloadUrl { url expiresAt bucket key region }";
    const page = `{ objects(bucket: "b", first: 1000) { nodes { ${everything} } folders pageInfo { hasNextPage endCursor } } }`;
    expect(costOf(page)).toBeLessThan(limits.operationValues);
    const batch =
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url expiresAt bucket key region } }";
    expect(costOf(batch, { objects: objects(1000) })).toBeLessThan(limits.operationValues);
    const parts =
      '{ upload(id: "i") { uploadedParts { number size etag uploadedAt } parts(first: 1000) { number size url headers { name value } expiresAt } } }';
    expect(costOf(parts)).toBeLessThan(limits.operationValues);
  });

  test.each([
    ["many pages", `{ ${aliases(150, 'objects(bucket: "b", first: 1000) { nodes { key } }')} }`],
    [
      "a list that is the default of a variable",
      `query ($objects: [ObjectInput!]! = [${'{ bucket: "b", key: "k" } '.repeat(600)}]) {
        ${aliases(50, "downloadUrls(objects: $objects, verify: false) { url }")}
      }`,
    ],
    ["a URL many times over", `{ upload(id: "i") { ${aliases(60, "parts { url }")} } }`],
    [
      "parts of many uploads",
      `mutation ($uploads: [RequestUploadInput!]!) {
        requestUploads(uploads: $uploads) { ... on MultipartUpload { parts(first: 1000) { url } } }
      }`,
    ],
  ])("is over the limit for %s", (_what, query) => {
    const uploads = Array.from({ length: 1000 }, () => ({ input: { bucket: "b", key: "k" }, size: 1e9 }));
    expect(costOf(query, { uploads })).toBeGreaterThan(limits.operationValues);
  });
});

describe("an operation's cost", () => {
  test("does not count fields that @skip and @include omit", () => {
    const query = `query ($yes: Boolean = true, $no: Boolean!) {
      viewer { subject @skip(if: $yes) authenticated @include(if: $no) ...Grants @skip(if: true) grants @include(if: $yes) { bucket } }
    } fragment Grants on Viewer { grants { prefix } }`;
    expect(costOf(query, { no: false })).toBe(10);
  });

  test("uses the default for null, as the resolver does", () => {
    expect(costOf('{ objects(bucket: "b", first: null) { nodes { key } } }')).toBe(100);
  });

  test.each<[string, string, number]>([
    ["a URL that is verified", '{ downloadUrl(bucket: "b", key: "k") { url } }', 1],
    ["a URL that is not verified", '{ downloadUrl(bucket: "b", key: "k", verify: false) { url } }', 0],
    [
      "fields of one object that share a HEAD, and tags",
      '{ objects(bucket: "b", first: 50) { nodes { contentType ...F tags { name } } } } fragment F on S3Object { checksum { value } cacheControl }',
      1 + 50 * 2,
    ],
    ["an object under many names", `{ ${aliases(30, 'object(bucket: "b", key: "k") { key }')} }`, 30],
    [
      "multipart uploads",
      `mutation { requestUploads(uploads: [
        { input: { bucket: "b", key: "k" }, size: 1, method: PUT }
        { input: { bucket: "b", key: "k" }, size: 1e9, method: MULTIPART }
        { input: { bucket: "b", key: "k" }, size: 1e9 }
      ]) { __typename } }`.replaceAll("1e9", "1000000000"),
      2,
    ],
  ])("counts the calls to S3 of %s", (_what, query, calls) => {
    expect(costsOf(query)?.s3Calls).toBe(calls);
  });

  test("allows the calls to S3 of a page of 1,000 objects with everything", () => {
    const query =
      '{ objects(bucket: "b", first: 1000) { nodes { contentType metadata { name } tags { name } } } }';
    expect(costsOf(query)?.s3Calls).toBe(2001);
    expect(limits.operationS3Calls).toBeGreaterThan(2001);
  });

  test("counts the values of arguments for each field that has them", () => {
    const query = `query ($objects: [ObjectInput!]!) { ${aliases(3, "downloadUrls(objects: $objects) { key }")} }`;
    // A list, and for each object itself and two values.
    expect(costsOf(query, { objects: objects(100) })?.inputs).toBeGreaterThanOrEqual(3 * 301);
  });

  test("is at most what is counted without variables", () => {
    const query = "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url key } }";
    expect(costOf(query, { objects: objects(900) })).toBeLessThan(Number(mostOf(query)?.values));
  });
});

test("declares the items of every list of the schema", () => {
  const undeclared = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith("__"))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .filter(({ field }) => isListType(getNullableType(field.type)))
    .filter(({ field }) => (field.extensions.cost as FieldCost | undefined)?.items === undefined)
    .map(({ type, field }) => `${type.name}.${field.name}`);
  expect(undeclared).toEqual([]);
});

const batch =
  "query ($o: [ObjectInput!]!, $v: Boolean = false) { downloadUrls(objects: $o, verify: $v) { url expiresAt } }";
const page =
  'query ($n: Int = 10) { objects(bucket: "demo", first: $n) { edges { node { key downloadUrl { url } } } } }';
const uploads = "mutation ($u: [UploadItem!]!) { requestUploads(uploads: $u) { __typename } }";

test.each<[string, string, Record<string, unknown>]>([
  ["a list in a variable", batch, { o: Array.from({ length: 7 }, () => ({ bucket: "demo", key: "k" })) }],
  ["a list that was sent as its only item", batch, { o: { bucket: "demo", key: "k" } }],
  ["a variable with a default", page, {}],
  ["a variable with another value than its default", page, { n: 3 }],
])("the values of an operation are estimated as they are computed: %s", (_name, query, variables) => {
  const document = parse(query);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const cost = costOfOperation(schema, document, operation, variables);
  expect(estimateValues(schema, document, operation, variables)).toBe(cost?.values);
  expect(cost?.values).toBeLessThan(maximumCost(schema, document, operation).values);
});

test.each([{ u: null }, { u: [null, 3] }, { u: { size: {} } }, {}])(
  "variables of any type can be estimated: %j",
  (variables) => {
    const document = parse(uploads);
    const operation = document.definitions[0] as OperationDefinitionNode;
    expect(() => estimateValues(schema, document, operation, variables)).not.toThrow();
  },
);
