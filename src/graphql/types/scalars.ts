import { GraphQLSafeInt } from "graphql-scalars";
import { GraphQLISODateTime } from "type-graphql";
import { UploadScalar } from "./upload-scalar.ts";

export const DateTimeISO = GraphQLISODateTime;

/** Bytes: an integer up to 2^53 - 1, where GraphQL's Int ends at 2^31 - 1. */
export const SafeInt = GraphQLSafeInt;

/** A file of a GraphQL multipart request. */
export const Upload = UploadScalar;
