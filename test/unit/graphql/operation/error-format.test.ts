import { GraphQLError } from "graphql";
import { describe, expect, test } from "vitest";
import { badUserInput, type ErrorCode, errorCodes, ValetKeyError } from "../../../../src/core/errors.ts";
import {
  formatGraphQLError,
  isUnexpected,
  publicError,
} from "../../../../src/graphql/operation/error-format.ts";

const secret = "arn:aws:iam::111122223333:role/valetkey";
/** As graphql-js wraps what a resolver throws. */
const thrownByResolver = (originalError: Error) =>
  new GraphQLError(originalError.message, { path: ["downloadUrl"], originalError });
const format = (error: GraphQLError, requestId = "id-1") =>
  formatGraphQLError({ ...error.toJSON(), extensions: { ...error.extensions, requestId } }, error);

describe("publicError", () => {
  test.each(Object.keys(errorCodes).filter((code) => code !== "INTERNAL_SERVER_ERROR") as ErrorCode[])(
    "lets a ValetKeyError of %s speak for itself, without its cause",
    (code) => {
      const error = new ValetKeyError(code, "Said to all.", { field: "key", cause: new Error(secret) });
      expect(publicError(error, "id-1")).toEqual({
        message: "Said to all.",
        extensions: { code, retryable: errorCodes[code].retryable, field: "key" },
      });
    },
  );

  test("names no field if no argument is invalid", () => {
    expect(publicError(new ValetKeyError("FORBIDDEN", "No."), "id-1").extensions).not.toHaveProperty("field");
  });

  test.each([
    new Error(secret),
    new TypeError(secret),
    new ValetKeyError("INTERNAL_SERVER_ERROR", secret),
    secret,
    null,
    undefined,
    { message: secret, code: "FORBIDDEN" },
  ])("returns only the request id for %s", (error) => {
    const answer = publicError(error, "id-1");
    expect(answer.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "id-1" });
    expect(JSON.stringify(answer)).not.toContain("111122223333");
  });
});

describe("formatGraphQLError", () => {
  test("keeps the path and the message of a resolver's error", () => {
    expect(format(thrownByResolver(badUserInput("key", "Not a key.")))).toEqual({
      ...{ message: "Not a key.", path: ["downloadUrl"] },
      extensions: { code: "BAD_USER_INPUT", retryable: false, field: "key" },
    });
  });

  test("masks an unexpected error of a resolver, and keeps its path", () => {
    const answer = format(thrownByResolver(new Error(secret)));
    expect(answer).toMatchObject({
      ...{ path: ["downloadUrl"] },
      extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "id-1" },
    });
    expect(JSON.stringify(answer)).not.toContain("111122223333");
  });

  test("does not mistake a resolver's own extensions for GraphQL's", () => {
    const originalError = Object.assign(new Error(secret), { extensions: { code: "BAD_USER_INPUT" } });
    expect(format(thrownByResolver(originalError)).extensions).not.toHaveProperty("stacktrace");
  });

  test.each([
    ["GRAPHQL_PARSE_FAILED", "GRAPHQL_PARSE_FAILED", false],
    ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED", false],
    ["PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_FOUND", true],
    ["PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_NOT_SUPPORTED", false],
    ["BAD_REQUEST", "BAD_USER_INPUT", false],
    ["OPERATION_RESOLUTION_FAILURE", "BAD_USER_INPUT", false],
    [undefined, "BAD_USER_INPUT", false],
  ])("converts Apollo's %s to %s", (apolloCode, code, retryable) => {
    const extensions = apolloCode === undefined ? {} : { code: apolloCode };
    const error = new GraphQLError("The client's own fault.", { extensions });
    expect(format(error)).toMatchObject({
      ...{ message: "The client's own fault.", extensions: { code, retryable } },
    });
    expect(isUnexpected(error)).toBe(false);
  });
});

describe("isUnexpected", () => {
  test("is true for bugs and unknown failures", () => {
    expect(isUnexpected(thrownByResolver(new Error("bug")))).toBe(true);
    expect(isUnexpected(new Error("bug"))).toBe(true);
    expect(isUnexpected(thrownByResolver(new ValetKeyError("INTERNAL_SERVER_ERROR", "S3's surprise")))).toBe(
      true,
    );
    // graphql-js's own error while it executes: a resolver broke the schema's word.
    expect(isUnexpected(new GraphQLError("Cannot return null.", { path: ["viewer"] }))).toBe(true);
  });

  test("is false for errors that clients see", () => {
    expect(isUnexpected(thrownByResolver(badUserInput("key", "Not a key.")))).toBe(false);
    expect(isUnexpected(thrownByResolver(new ValetKeyError("STORAGE_UNAVAILABLE", "Busy.")))).toBe(false);
  });
});
