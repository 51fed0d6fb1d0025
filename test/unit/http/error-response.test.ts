import Fastify from "fastify";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { type ErrorCode, ValetKeyError } from "../../../src/core/errors.ts";
import { createErrorHandler, sendNotFound } from "../../../src/http/error-response.ts";

async function answerTo(error: unknown, log = pino({ level: "silent" })) {
  const server = Fastify({ genReqId: () => "id-1" });
  server.setErrorHandler(createErrorHandler(log));
  server.setNotFoundHandler(sendNotFound);
  server.get("/", () => {
    throw error;
  });
  server.post("/", async () => ({}));
  try {
    return await server.inject({ method: "GET", url: "/" });
  } finally {
    await server.close();
  }
}

describe("createErrorHandler", () => {
  test.each<[ErrorCode, number]>([
    ["BAD_USER_INPUT", 400],
    ["UNAUTHENTICATED", 401],
    ["UPLOAD_TOO_LARGE", 400],
    ["TIMEOUT", 408],
    ["RATE_LIMITED", 429],
    ["OVERLOADED", 503],
  ])("responds to %s with %i", async (code, status) => {
    const response = await answerTo(new ValetKeyError(code, "Said to all.", { cause: new Error("secret") }));
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(response.json()).toMatchObject({ errors: [{ message: "Said to all.", extensions: { code } }] });
    expect(response.body).not.toContain("secret");
  });

  test("sends WWW-Authenticate only for an invalid token", async () => {
    const unauthenticated = await answerTo(new ValetKeyError("UNAUTHENTICATED", "Bad token."));
    expect(unauthenticated.headers["www-authenticate"]).toBe('Bearer error="invalid_token"');
    const malformed = await answerTo(new ValetKeyError("BAD_USER_INPUT", "Bad form."));
    expect(malformed.headers["www-authenticate"]).toBeUndefined();
  });

  test("logs why a token was refused, and does not tell the client", async () => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
    const reason = "ERR_JWT_EXPIRED exp check_failed";
    const response = await answerTo(new ValetKeyError("UNAUTHENTICATED", "Bad token.", { reason }), log);
    expect(response.body).not.toContain("ERR_JWT");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { code: "UNAUTHENTICATED", status: 401, reason },
    ]);
  });

  test.each([
    new Error("secret"),
    Object.assign(new Error("secret"), { statusCode: 502 }),
    new ValetKeyError("INTERNAL_SERVER_ERROR", "secret"),
  ])("responds to %s with 500 and only the request id", async (error) => {
    const response = await answerTo(error);
    expect(response.statusCode).toBe(500);
    expect(response.json().errors[0].extensions).toEqual({
      ...{ code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: "id-1" },
    });
    expect(response.body).not.toContain("secret");
  });

  test.each([
    [400, "FST_ERR_CTP_INVALID_JSON_BODY", "The body is not JSON."],
    [400, "FST_ERR_BAD_URL", "The request is malformed."],
    [413, "FST_ERR_CTP_BODY_TOO_LARGE", "The body is too large: a JSON body has at most 2 MiB."],
    [415, "FST_ERR_CTP_INVALID_MEDIA_TYPE", "Send application/json, or multipart/form-data for files."],
  ])("explains Fastify's %i %s to the client", async (statusCode, code, message) => {
    const response = await answerTo(Object.assign(new Error("secret"), { statusCode, code }));
    expect(response.statusCode).toBe(statusCode);
    expect(response.json()).toEqual({
      errors: [{ message, extensions: { code: "BAD_USER_INPUT", retryable: false } }],
    });
  });
});

test("sendNotFound responds with 404 and JSON", async () => {
  const server = Fastify();
  server.setNotFoundHandler(sendNotFound);
  const response = await server.inject("/nothing");
  await server.close();
  expect(response.statusCode).toBe(404);
  expect(response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});
