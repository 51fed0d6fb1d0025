import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { startEmbeddedS3 } from "../../src/index.ts";
import { bucket as Bucket, type RunningStore, runningStore, temporaryDirectory } from "../running-store.ts";

/** Asks for a listing under another name than the store's own, as a page with that name would. */
async function listAs(store: RunningStore, host: string): Promise<{ status: number; cors: unknown }> {
  const url = new URL(
    await getSignedUrl(store.client({ endpoint: `http://${host}` }), new ListObjectsV2Command({ Bucket })),
  );
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: store.port, path: url.pathname + url.search },
      (response) => {
        response.resume();
        const cors = response.headers["access-control-allow-origin"];
        resolve({ status: response.statusCode ?? 0, cors });
      },
    );
    outgoing.setHeader("host", url.host);
    outgoing.setHeader("origin", "http://evil.example");
    outgoing.on("error", reject);
    outgoing.end();
  });
}

describe("the Host header", () => {
  test.each([
    "evil.example",
    "evil.example:4001",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.0.2.1",
  ])("%s is refused by a store on 127.0.0.1, without CORS headers", async (host) => {
    expect(await listAs(await runningStore(), host)).toEqual({ status: 403, cors: undefined });
  });

  test.each(["localhost", "localhost:4001", "127.0.0.1", "127.1.2.3:1", "[::1]:4001"])(
    "%s is accepted",
    async (host) => {
      expect(await listAs(await runningStore(), host)).toEqual({ status: 200, cors: "*" });
    },
  );

  test("a preflight, a form and STS are refused too", async () => {
    const { port } = await runningStore();
    for (const line of ["OPTIONS /demo/a", "POST /demo", "POST /"]) {
      const socket = connect(port, "127.0.0.1");
      socket.end(
        `${line} HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: PUT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      const response = await text(socket);
      expect(response).toMatch(/^HTTP\/1\.1 403 .*does not accept requests for the host/s);
      expect(response.toLowerCase()).not.toContain("access-control");
    }
  });

  test("two Host lines are refused", async () => {
    const { port } = await runningStore();
    const socket = connect(port, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[03] /);
  });
});

describe("the host to listen on", () => {
  test("a store on every address names one that other machines can reach", async () => {
    const store = await runningStore({ host: "0.0.0.0" });
    expect(store.endpoint).not.toContain("0.0.0.0");
    await store.s3.send(new ListObjectsV2Command({ Bucket }));
    expect((await listAs(store, "192.0.2.1:9000")).status).toBe(200);
    expect((await listAs(store, "evil.example")).status).toBe(403);
  });

  test("a store on a name accepts requests for that name", async () => {
    const store = await runningStore({ host: "localhost" });
    expect(store.endpoint).toBe(`http://localhost:${store.port}`);
    await store.s3.send(new ListObjectsV2Command({ Bucket }));
  });

  test("an address that is not this machine's is the fault of the option host", async () => {
    const directory = await temporaryDirectory();
    await expect(startEmbeddedS3({ directory, host: "192.0.2.1" })).rejects.toMatchObject({
      name: "StoreStartError",
      option: "host",
      code: "EADDRNOTAVAIL",
    });
    await (await startEmbeddedS3({ directory })).close();
  });
});
