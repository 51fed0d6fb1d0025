import { isScalarType, isSpecifiedScalarType } from "graphql";
import { expect, test } from "vitest";
import { createSchema } from "../../../src/graphql/schema.ts";
import { DateTimeISO } from "../../../src/graphql/types/scalars.ts";

test("scalars link to their specification where one exists", async () => {
  const schema = await createSchema();
  const scalars = Object.values(schema.getTypeMap())
    .filter(isScalarType)
    .filter((scalar) => !isSpecifiedScalarType(scalar));
  expect(
    Object.fromEntries(scalars.map(({ name, specifiedByURL }) => [name, specifiedByURL ?? null])),
  ).toEqual({
    DateTimeISO: "https://scalars.graphql.org/andimarek/date-time.html",
    SafeInt: "https://www.ecma-international.org/ecma-262/#sec-number.issafeinteger",
    Upload: "https://github.com/jaydenseric/graphql-multipart-request-spec",
  });
});

test("each time is formatted as itself, whichever was formatted before", () => {
  const times = [0, 0, 1, 1_796_000_000_000, 0].map((ms) => new Date(ms));
  expect(times.map((time) => DateTimeISO.serialize(time))).toEqual(times.map((time) => time.toISOString()));
  const invalid = new Date(Number.NaN);
  expect(() => DateTimeISO.serialize(invalid)).toThrow();
  expect(() => DateTimeISO.serialize(invalid)).toThrow();
  expect(DateTimeISO.serialize("1970-01-01T00:00:00Z")).toBe(times[0]?.toISOString());
});
