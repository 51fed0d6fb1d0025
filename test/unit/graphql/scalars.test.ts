import { isScalarType, isSpecifiedScalarType } from "graphql";
import { expect, test } from "vitest";
import { createSchema } from "../../../src/graphql/schema.ts";

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
