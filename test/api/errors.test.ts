import { once } from "node:events";
import { connect } from "node:net";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { startHttpServer } from "../support/listening.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

/** S3 and STS put this into their errors. No client may see it. */
const arn = "arn:aws:iam::111122223333:role/valetkey";
const detail = `User: ${arn} with key AKIAIOSFODNN7EXAMPLE is not authorized, see /etc/valetkey`;
const secrets = /arn:|111122223333|AKIA|ASIA|\/etc\/|\bat .*\.ts|node_modules|is not authorized/;

/** An S3 or STS that gives the same response to every request. */
let answer: { status: number; body: string };
const aws = await shareInFile(
  startHttpServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(answer.status, { "content-type": "application/xml" });
      response.end(request.method === "HEAD" ? undefined : answer.body);
    });
  }),
);
const says = (status: number, code: string) => {
  answer = { status, body: `<Error><Code>${code}</Code><Message>${detail}</Message></Error>` };
};

const lines: Record<string, unknown>[] = [];
const log = pino({ level: "trace" }, { write: (line: string) => lines.push(JSON.parse(line)) });
const brokenS3 = await shareInFile(startTestServer({ s3Url: aws.url, log }));
beforeEach(() => {
  lines.splice(0);
});

const list = '{ objects(bucket: "demo") { nodes { key } } }';
const ask = async (client: GraphQLClient, query: string) => {
  const { status, headers, ...body } = await client.request(query);
  expect(JSON.stringify(body)).not.toMatch(secrets);
  return { status, headers, extensions: body.errors?.[0]?.extensions, message: body.errors?.[0]?.message };
};

/** Sends bytes that are not a valid HTTP request, and waits until the server closes the connection. */
async function raw(bytes: string): Promise<void> {
  const socket = connect(Number(new URL(brokenS3.url).port), "127.0.0.1");
  socket.end(bytes).resume();
  await once(socket, "close");
}

describe("an error of S3 becomes a code:", () => {
  test.each<[number, string, string, boolean]>([
    [403, "AccessDenied", "FORBIDDEN", false],
    [403, "InvalidAccessKeyId", "CREDENTIALS_UNAVAILABLE", true],
    [403, "SignatureDoesNotMatch", "CREDENTIALS_UNAVAILABLE", true],
    [400, "ExpiredToken", "CREDENTIALS_UNAVAILABLE", true],
    [404, "NoSuchBucket", "BUCKET_NOT_FOUND", false],
    [503, "SlowDown", "STORAGE_UNAVAILABLE", true],
    [500, "InternalError", "STORAGE_UNAVAILABLE", true],
    [409, "OperationAborted", "STORAGE_UNAVAILABLE", true],
  ])("%i %s is %s", async (status, s3Code, code, retryable) => {
    says(status, s3Code);
    expect((await ask(brokenS3.client, list)).extensions).toEqual({ code, retryable });
  });

  test("an unknown error shows only a request id, and is logged without ARN and account", async () => {
    says(418, "TeapotError");
    const { status, headers, extensions } = await ask(brokenS3.client, list);
    expect(status).toBe(200);
    const requestId = headers.get("x-request-id");
    expect(extensions).toEqual({ code: "INTERNAL_SERVER_ERROR", retryable: false, requestId });
    const failure = lines.find(({ level }) => level === 50);
    expect(failure).toMatchObject({ requestId, sessionName: expect.any(String) });
    expect(JSON.stringify(failure)).toContain("TeapotError");
    expect(JSON.stringify(failure)).toMatch(/"httpStatus":418/);
    expect(JSON.stringify(failure)).not.toMatch(/arn:|111122223333/);
  });

  test("a response that is not XML is STORAGE_UNAVAILABLE", async () => {
    answer = { status: 200, body: `\u0000<<< ${detail}` };
    expect((await ask(brokenS3.client, list)).extensions).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });

  test("no log line contains a secret, a token or a URL", async () => {
    says(403, "AccessDenied");
    await ask(brokenS3.client, list);
    await brokenS3.client.data('{ downloadUrl(bucket: "demo", key: "a", verify: false) { url } }');
    const text = JSON.stringify(lines);
    expect(text).toMatch(/"AccessDenied"/);
    expect(text).not.toMatch(/X-Amz-Signature|X-Amz-Security-Token|secretAccessKey|sessionToken/i);
    expect(text).not.toMatch(/arn:|111122223333/);
  });

  test("a refused request is logged in one line, however many fields it has", async () => {
    says(403, "AccessDenied");
    const objects = Array.from({ length: 40 }, (_, index) => `{ bucket: "demo", key: "${index}" }`);
    await ask(brokenS3.client, `{ downloadUrls(objects: [${objects}]) { url } a: viewer { subject } }`);
    expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
    const refused = lines.filter(({ msg }) => msg === "a request was refused");
    expect(refused).toEqual([
      expect.objectContaining({
        level: 30,
        refused: { FORBIDDEN: 40 },
        refusal: expect.objectContaining({ cause: expect.objectContaining({ httpStatus: 403 }) }),
      }),
    ]);
    expect(JSON.stringify(refused)).not.toContain("stack");
  });

  test("what S3 fails with is a warning with a stack", async () => {
    says(503, "SlowDown");
    await ask(brokenS3.client, list);
    expect(lines.filter(({ level }) => level === 40)).toEqual([
      expect.objectContaining({
        msg: "a service failed",
        failed: { STORAGE_UNAVAILABLE: 1 },
        err: expect.objectContaining({ stack: expect.any(String) }),
      }),
    ]);
  });

  test("no log line contains raw request bytes, not even at level trace", async () => {
    const authorization = "Bearer a.secret.token";
    await raw(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nBad Header: 1\r\n\r\n`,
    );
    const text = JSON.stringify(lines);
    expect(text).not.toContain("secret.token");
    expect(text).not.toContain([...Buffer.from("secret.token")].join(","));
  });
});

describe("an error of STS becomes a code:", () => {
  test("a refusal is not retryable", async () => {
    await using brokenSts = await startTestServer({ stsUrl: aws.url });
    says(403, "AccessDenied");
    const { extensions } = await ask(brokenSts.client, list);
    expect(extensions).toEqual({ code: "CREDENTIALS_UNAVAILABLE", retryable: false });
  });
});

describe("an invalid GraphQL request gets the code of a client error:", () => {
  test.each([
    ["{ nothing", "GRAPHQL_PARSE_FAILED"],
    ["", "BAD_USER_INPUT"],
    ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["query A { viewer { subject } } query B { viewer { subject } }", "BAD_USER_INPUT"],
    ["subscription { viewer { subject } }", "BAD_USER_INPUT"],
    ["{ viewer { subject } } fragment F on Viewer { ...F }", "BAD_USER_INPUT"],
    ['{ objects(bucket: "demo", first: "1") { folders } }', "GRAPHQL_VALIDATION_FAILED"],
    ['query ($first: Int!) { objects(bucket: "demo", first: $first) { folders } }', "BAD_USER_INPUT"],
  ])("%s", async (query, code) => {
    const { status, extensions } = await ask(brokenS3.client, query);
    expect(status).toBeLessThan(500);
    expect(extensions).toEqual({ code, retryable: false });
  });
});
