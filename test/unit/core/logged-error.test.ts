import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { logged } from "../../../src/core/logged-error.ts";

const arn = "arn:aws-cn:sts::111122223333:assumed-role/valetkey/alice";
const token = `IQoJb3JpZ2luX2VjE${"Ab3+/".repeat(40)}==`;

function lineOf(error: unknown): string {
  let line = "";
  pino({ serializers: logged }, { write: (text: string) => (line += text) }).error({ err: error }, "failed");
  return line;
}

describe("an error in the log", () => {
  test.each<[what: string, secret: string, message: string]>([
    ["an ARN", "aws-cn", `User: ${arn} is not authorized`],
    ["a bucket's ARN", "user-content", 'on resource: "arn:aws:s3:::user-content"'],
    ["an account id", "111122223333", "the account 111122223333 has no such role"],
    ["a signature", "deadbeef", "GET /b/k?x=1&X-Amz-Signature=deadbeef failed"],
    ["a scope", "ASIAEXAMPLE", "X-Amz-Credential=ASIAEXAMPLE%2F20260101&x=1"],
    ["a signature in a header", "deadbeef", "SignedHeaders=host, Signature=deadbeef"],
    ["a token in a URL", "IQoJ", "?x-amz-security-token=IQoJb3J%2Fabc&x=1"],
    ["a token in a header", "IQoJ", "x-amz-security-token:IQoJshort"],
    ["a token in XML", "IQoJ", "<SessionToken>IQoJshort</SessionToken>"],
    ["a token by itself", "IQoJ", `the token ${token} is malformed`],
    ["a bearer token", "abc.def", "Authorization: Bearer abc.def-_~+/="],
    ["a JWT", "eyJhbGciOi", "invalid token eyJhbGciOi.eyJzdWIi.c2ln"],
  ])("has no %s, in message, stack or cause", (_what, secret, message) => {
    expect(message).toContain(secret);
    const line = lineOf(new ValetKeyError("FORBIDDEN", "no", { cause: new Error(message) }));
    expect(line).not.toContain(secret);
    expect(lineOf(new Error(message))).not.toContain(secret);
    expect(lineOf({ Code: "AccessDenied", Message: message })).not.toContain(secret);
    expect(lineOf(message)).not.toContain(secret);
  });

  test("has the codes, the status, AWS's request id and the stack", () => {
    const refusal = Object.assign(new Error(`User: ${arn} is not authorized to perform: s3:ListBucket`), {
      name: "AccessDenied",
      $metadata: { httpStatusCode: 403, requestId: "4442587FB7D0A2F9", attempts: 1 },
    });
    const { err } = JSON.parse(
      lineOf(new ValetKeyError("FORBIDDEN", "S3 does not allow this.", { cause: refusal })),
    );
    expect(err).toEqual({
      type: "ValetKeyError",
      message: "S3 does not allow this.",
      code: "FORBIDDEN",
      stack: expect.stringContaining("logged-error.test.ts"),
      cause: {
        type: "AccessDenied",
        message: "User: [ARN] is not authorized to perform: s3:ListBucket",
        httpStatus: 403,
        awsRequestId: "4442587FB7D0A2F9",
        stack: expect.any(String),
      },
    });
  });

  test("describes items of a batch, Node's errors, and thrown values that are not errors", () => {
    const item = { Key: "a", Code: "InternalError", Message: "We encountered an internal error." };
    expect(JSON.parse(lineOf(item)).err).toEqual({ type: "InternalError", message: item.Message });
    const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(JSON.parse(lineOf(reset)).err).toMatchObject({ type: "Error", code: "ECONNRESET" });
    expect(JSON.parse(lineOf("text")).err).toEqual({ type: "string", message: "text" });
    expect(JSON.parse(lineOf(null)).err).toEqual({ type: "object", message: "null" });
  });

  test("has no other properties, such as a packet with the Authorization header, and no endless causes", () => {
    const error: Error & { rawPacket?: Buffer } = new Error("Parse Error");
    error.rawPacket = Buffer.from("GET / HTTP/1.1");
    error.cause = error;
    const line = lineOf(error);
    expect(line).not.toContain("rawPacket");
    expect(line.match(/"cause"/g)?.length).toBeLessThan(10);
  });
});
