import { expect, test } from "vitest";
import { allowsSizeForEveryType } from "../../../src/access/authorization.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { bucketA, keyOf } from "./arbitraries.ts";

const grant = (limits: Pick<Grant, "contentTypes" | "maxUploadBytes">, prefix = ""): Grant => ({
  bucket: bucketA,
  prefix,
  actions: ["UPLOAD"],
  ...limits,
});
const pdf = grant({ contentTypes: ["application/pdf"], maxUploadBytes: 10 });
const images = grant({ contentTypes: ["image/*"], maxUploadBytes: 100 });
const largePdf = grant({ contentTypes: ["image/*", "application/pdf"], maxUploadBytes: 100 });
const anything = grant({ maxUploadBytes: 50 });

test.each<[string, Grant[], number, boolean]>([
  ["one grant allows the size", [images], 100, true],
  ["one grant does not allow the size", [images], 101, false],
  ["all grants allow the size", [pdf, images], 10, true],
  ["the type could be one of the grant with the lower limit", [pdf, images], 11, false],
  ["a larger grant has all of the types", [pdf, images, largePdf], 100, true],
  ["a larger grant allows every type", [pdf, anything], 50, true],
  ["the grant for every type is too small", [images, anything], 51, false],
  ["the smaller grant is on another prefix", [grant({ maxUploadBytes: 10 }, "other/"), images], 100, true],
  ["there is no grant without limits to exceed", [grant({})], 1e15, true],
])("an upload of unknown type: %s", (_what, grants, sizeBytes, expected) => {
  expect(allowsSizeForEveryType(grants, { bucket: bucketA, key: keyOf("a") }, sizeBytes)).toBe(expected);
});
