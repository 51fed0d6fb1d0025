import { describe, expect, test } from "vitest";
import { parseAnswer, rawRequest } from "../support/raw-request.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());

const query = JSON.stringify({ query: "{ viewer { authenticated } }" });
const chunks = `${query.length.toString(16)}\r\n${query}\r\n0\r\n\r\n`;

function get(headers: string, version = "1.1"): string {
  return `GET /healthz HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`;
}

function post(headers: string, body: string, version = "1.1"): string {
  const common = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
  return `POST /graphql HTTP/${version}\r\n${common}${headers}\r\n${body}`;
}

const length = `Content-Length: ${query.length}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";

describe("a request that two programs could read differently is refused", () => {
  test.each([
    ["two Host lines", 400, get("Host: x\r\nHost: y\r\n")],
    ["the same Host twice", 400, get("Host: localhost\r\nhost: localhost\r\n")],
    ["a Host with a path", 400, get("Host: x/y\r\n")],
    ["a Host with a user", 400, get("Host: user@x\r\n")],
    ["a Host with a space", 400, get("Host: x y\r\n")],
    ["another major version of HTTP", 505, get("Host: localhost\r\n", "2.0")],
    ["Content-Length beside Transfer-Encoding", 400, post(length + chunked, chunks)],
    ["Transfer-Encoding before Content-Length", 400, post(chunked + length, chunks)],
    ["Content-Length twice", 400, post(length + length, query)],
    ["a list as Content-Length", 400, post(`Content-Length: ${query.length}, ${query.length}\r\n`, query)],
    ["a sign in Content-Length", 400, post(`Content-Length: +${query.length}\r\n`, query)],
    ["a Transfer-Encoding that is not chunked", 400, post("Transfer-Encoding: gzip\r\n", query)],
    ["a coding before chunked", 501, post("Transfer-Encoding: gzip, chunked\r\n", chunks)],
    ["chunked twice", 400, post(chunked + chunked, chunks)],
    ["chunked in HTTP/1.0", 400, post(chunked, chunks, "1.0")],
    ["a prefix in a chunk's size", 400, post(chunked, `0x${chunks}`)],
    ["a sign in a chunk's size", 400, post(chunked, `-${chunks}`)],
    ["a chunk's size beyond 64 bits", 400, post(chunked, `FFFFFFFFFFFFFFFFF\r\n${chunks}`)],
    ["a line feed alone after a chunk's size", 400, post(chunked, chunks.replaceAll("\r\n", "\n"))],
    ["a space before a header's colon", 400, post(`Content-Length : ${query.length}\r\n`, query)],
    ["a header folded over two lines", 400, post(`X: a\r\n b\r\n${length}`, query)],
    ["an unknown expectation", 417, get("Host: localhost\r\nExpect: miracles\r\n")],
  ])("%s", async (_what, expected, request) => {
    const { status, headers, body } = parseAnswer(await rawRequest(server.url, request));
    expect(status).toBe(expected);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("connection")).toBe("close");
  });
});

test.each(["localhost", "localhost:80", "[::1]", "[::1]:4000", "127.0.0.1:4000", ""])(
  "the Host %j is served",
  async (host) => {
    const { status } = parseAnswer(await rawRequest(server.url, get(`Host: ${host}\r\n`)));
    expect(status).toBe(200);
  },
);

test("a chunked body is read", async () => {
  const { status } = parseAnswer(await rawRequest(server.url, post(chunked, chunks)));
  expect(status).toBe(200);
});
