import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { RawConnection } from "../support/raw-connection.ts";
import { rawRequest } from "../support/raw-request.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ grants: anyoneMayDoAnything }));
const port = Number(new URL(server.url).port);

// Known documents are executed without Apollo's pipeline, and only their long responses are written in pieces.
const query =
  "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { key url } }";
const keyOf = (index: number) => `clés/${index}-😀`;
const bodyOf = (items: number) =>
  JSON.stringify({
    query,
    variables: { objects: Array.from({ length: items }, (_, i) => ({ bucket, key: keyOf(i) })) },
  });

function post(body: string, version = "1.1"): Buffer {
  const bytes = Buffer.from(body);
  const headers = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}`;
  return Buffer.concat([Buffer.from(`POST /graphql HTTP/${version}\r\n${headers}\r\n\r\n`), bytes]);
}

function expectItems(text: string, items: number): void {
  const { data } = JSON.parse(text) as { data: { downloadUrls: { key: string; url: string }[] } };
  expect(data.downloadUrls.map(({ key }) => key)).toEqual(Array.from({ length: items }, (_, i) => keyOf(i)));
  for (const { url } of data.downloadUrls) expect(url).toContain("X-Amz-Signature=");
}

const fromLatin1 = (text: string) => Buffer.from(text, "latin1").toString();

beforeAll(async () => {
  for (let time = 0; time < 4; time += 1) {
    await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: bodyOf(1),
    });
  }
});

describe("a long response of a known document", () => {
  test("has a Content-Length, and the connection serves the next request", async () => {
    using connection = new RawConnection(port);
    for (const items of [1000, 2, 51, 1000]) {
      const response = await connection.send(post(bodyOf(items))).response();
      expect(response?.status).toBe(200);
      expect(response?.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(response?.headers.get("cache-control")).toBe("no-store");
      expect(response?.headers.has("transfer-encoding")).toBe(false);
      expect(Number(response?.headers.get("content-length"))).toBe(response?.body.length);
      expectItems(fromLatin1(response?.body ?? ""), items);
    }
  });

  test("arrives complete over HTTP/1.0, where there are no chunks", async () => {
    const received = fromLatin1(await rawRequest(server.url, post(bodyOf(1000), "1.0")));
    expect(received).not.toMatch(/transfer-encoding/i);
    expectItems(received.slice(received.indexOf("\r\n\r\n") + 4), 1000);
  });

  test("that is not read to its end leaves other requests alone", async () => {
    for (let count = 0; count < 3; count += 1) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.write(post(bodyOf(1000)));
      await new Promise((resolve) => socket.once("readable", resolve));
      socket.destroy();
    }
    using connection = new RawConnection(port);
    const response = await connection.send(post(bodyOf(1000))).response();
    expectItems(fromLatin1(response?.body ?? ""), 1000);
  });
});
