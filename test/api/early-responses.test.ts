import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { parseAnswer, rawRequest } from "../support/raw-request.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(startTestServer({ issuer }));
const endpoint = `${server.url}/graphql`;
const MiB = 2 ** 20;

interface Answer {
  readonly data?: unknown;
  readonly errors?: { readonly extensions: { readonly code: string } }[];
}

async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.json()) as Answer).errors?.[0]?.extensions.code;
}

/** An uploadFile through fetch's pool of connections. */
async function upload(bytes: number, input: Record<string, unknown>): Promise<string | undefined> {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: uploadFileMutation, variables: { file: null, input } }));
  form.set("map", '{"0":["variables.file"]}');
  form.set("0", new Blob([new Uint8Array(bytes)]));
  return await codeOf(
    await fetch(endpoint, { method: "POST", body: form, headers: { "apollo-require-preflight": "1" } }),
  );
}

describe("an upload that is refused before its bytes have come", () => {
  test.each([0.1, 1, 1.5, 3, 5, 10, 40])("of %d MiB is answered, and so is what follows", async (size) => {
    for (let count = 0; count < 3; count += 1) {
      expect(await upload(size * MiB, { bucket: otherBucket, key: "refused" })).toBe("FORBIDDEN");
      expect(await upload(5, { bucket, key: "stored" })).toBeUndefined();
    }
  });

  test("is answered while others are in progress", async () => {
    const sizes = [3, 1.5, 10, 3, 40, 3];
    const refused = sizes.map((size) => upload(size * MiB, { bucket: otherBucket, key: "refused" }));
    expect(new Set(await Promise.all(refused))).toEqual(new Set(["FORBIDDEN"]));
    expect(await upload(5, { bucket, key: "stored" })).toBeUndefined();
  });
});

describe("a body that is refused before it has arrived", () => {
  const cases: [string, number, string, Record<string, string>][] = [
    ["too large", 413, "/graphql", { "content-type": "application/json" }],
    ["of a type that is not taken", 415, "/graphql", { "content-type": "text/plain" }],
    ["with a bad token", 401, "/graphql", { "content-type": "application/json", authorization: "Bearer x" }],
    ["to a path with nothing", 404, "/nothing", { "content-type": "application/octet-stream" }],
  ];
  test.each(cases)("%s is %d", async (_what, status, path, headers) => {
    for (const size of [2.1, 3, 5, 10, 30]) {
      const body = "x".repeat(size * MiB);
      const response = await fetch(server.url + path, { method: "POST", headers, body });
      expect(response.status).toBe(status);
      expect(await codeOf(response)).toMatch(/BAD_USER_INPUT|UNAUTHENTICATED/);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    }
  });

  test("is 413 also without a length", async () => {
    const body = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) });
    const headers = { "content-type": "application/json" };
    const response = await fetch(endpoint, { method: "POST", headers, body, duplex: "half" });
    expect(response.status).toBe(413);
    expect(await codeOf(response)).toBe("BAD_USER_INPUT");
  });

  test.each(cases)(
    "%s is answered to a client that sends the whole body before it reads",
    async (...[, status, path, headers]) => {
      const bytes = 8 * MiB;
      const fields = Object.entries({ host: "localhost", "content-length": bytes, ...headers });
      const head = [`POST ${path} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`), "", ""];
      const answer = parseAnswer(await rawRequest(server.url, head.join("\r\n"), Buffer.alloc(bytes, "x")));
      expect(answer.status).toBe(status);
      expect(answer.headers.get("connection")).toBe("close");
      expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
    },
  );
});

test("a small body that has arrived leaves the connection open", async () => {
  const headers = { "content-type": "text/plain" };
  const response = await fetch(endpoint, { method: "POST", headers, body: "x".repeat(10_000) });
  expect(response.status).toBe(415);
  expect(response.headers.get("connection")).toBe("keep-alive");
});

test.each<[string, string, number]>([
  ["POST", "/nothing", 404],
  ["POST", "/healthz", 404],
  ["PUT", "/graphql", 405],
  ["DELETE", "/graphql", 405],
])("%s %s is answered while the client still sends", async (method, path, status) => {
  using connection = new RawConnection(Number(new URL(server.url).port));
  const headers = "host: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
  connection.send(`${method} ${path} HTTP/1.1\r\n${headers}\r\n{`);
  const response = await connection.response();
  expect(response?.status).toBe(status);
  expect(response?.headers.get("connection")).toBe("close");
  expect(connection.isClosed).toBe(false);
  // The server closes the connection when it has the rest of the body, and not only when the client is silent too long.
  connection.send(" ".repeat(99));
  await connection.closed();
});
