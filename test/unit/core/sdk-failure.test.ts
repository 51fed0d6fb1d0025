import { expect, test } from "vitest";
import { describeSdkFailure } from "../../../src/core/sdk-failure.ts";

test("reads an error of the SDK", () => {
  const error = Object.assign(new Error("Access Denied"), {
    name: "AccessDenied",
    Code: "AccessDenied",
    $metadata: { httpStatusCode: 403, requestId: "R1", attempts: 3 },
  });
  Object.defineProperty(error, "$response", { value: { statusCode: 403, headers: { "x-amz-id-2": "H" } } });
  expect(describeSdkFailure(error)).toEqual({
    name: "AccessDenied",
    message: "Access Denied",
    httpStatus: 403,
    requestId: "R1",
    connectionCode: undefined,
    attempts: 3,
    responseHeaders: { "x-amz-id-2": "H" },
  });
});

test("reads the status of a response that the SDK could not parse", () => {
  const error = Object.assign(new SyntaxError("Unexpected token"), { $response: { statusCode: 502 } });
  expect(describeSdkFailure(error)).toMatchObject({ name: "SyntaxError", httpStatus: 502, attempts: 1 });
});

test("reads an error of Node", () => {
  const error = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  expect(describeSdkFailure(error)).toMatchObject({
    name: "Error",
    connectionCode: "ECONNREFUSED",
    httpStatus: undefined,
  });
});

test("reads an item of a response", () => {
  const item = { Key: "a", Code: "AccessDenied", Message: "Access Denied" };
  expect(describeSdkFailure(item)).toMatchObject({ name: "AccessDenied", message: "Access Denied" });
});

test.each<[unknown, string]>([
  ["text", "text"],
  [undefined, "undefined"],
  [null, "null"],
  [{}, ""],
])("reads %j, which is not an error", (thrown, message) => {
  expect(describeSdkFailure(thrown)).toMatchObject({ name: "", message });
});
