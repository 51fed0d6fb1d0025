import { GraphQLScalarType } from "graphql";
import { GraphQLSafeInt } from "graphql-scalars";
import { GraphQLISODateTime } from "type-graphql";
import { UploadScalar } from "./upload-scalar.ts";

export const DateTimeISO = new GraphQLScalarType({
  ...GraphQLISODateTime.toConfig(),
  description:
    'A moment in UTC as a string in the format of RFC 3339, such as `"2026-11-28T09:30:00.000Z"`. In code generators, map this scalar to a string.',
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
});

export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  description:
    "A whole number from -(2^53 - 1) to 2^53 - 1, sent as a JSON number. JavaScript represents all of them exactly. Sizes of files use it, because GraphQL's `Int` ends at 2 GiB. In code generators, map this scalar to a number.",
});

export const Upload = UploadScalar;
