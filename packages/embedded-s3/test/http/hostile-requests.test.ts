import { once } from "node:events";
import { connect } from "node:net";
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTorrentCommand,
  ListBucketsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

/** Sends these bytes and returns everything that the server sends until it closes the connection. */
async function exchange(store: RunningStore, bytes: string, isWhole = true): Promise<string> {
  const socket = connect({ port: store.port, host: "127.0.0.1", allowHalfOpen: true });
  let response = "";
  socket.on("data", (chunk) => {
    response += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  socket.once("end", () => socket.end());
  if (isWhole) socket.write(bytes, "latin1");
  else socket.end(bytes, "latin1");
  await closed;
  return response;
}

async function expectAlive(store: RunningStore) {
  expect((await store.s3.send(new ListBucketsCommand())).Buckets).toHaveLength(1);
}

describe("raw requests", () => {
  test.each([
    [
      "no signature",
      "GET /demo/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "403",
      "AccessDenied",
    ],
    [
      "bad percent-encoding",
      "GET /demo/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "400",
      "InvalidURI",
    ],
    [
      "no UTF-8",
      "GET /demo/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "400",
      "InvalidURI",
    ],
    [
      "bad query",
      "GET /demo/a?x=%f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "400",
      "InvalidURI",
    ],
    ["no HTTP", "hello\r\n\r\n", "400", "BadRequest"],
    [
      "endless headers",
      `GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
      "400",
      "RequestHeaderSectionTooLarge",
    ],
    [
      "an unknown method",
      "PROPFIND /demo/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "403",
      "AccessDenied",
    ],
    [
      "an unsupported signature",
      "GET /demo/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS a:b\r\nConnection: close\r\n\r\n",
      "400",
      "InvalidRequest",
    ],
  ])("%s", async (_, bytes, status, code) => {
    const store = await runningStore();
    const response = await exchange(store, bytes);
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(response).toContain(`<Code>${code}</Code>`);
    await expectAlive(store);
  });

  test("a body that ends early is refused as incomplete", async () => {
    const store = await runningStore();
    const s3 = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
    const { pathname, search, host } = new URL(
      await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a" })),
    );
    const head = `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n`;
    expect(await exchange(store, `${head}Content-Length: 10\r\n\r\nhalf`, false)).toContain(
      "<Code>IncompleteBody<",
    );
    const huge = `${head}Content-Length: 5368709121\r\n\r\nx`;
    expect(await exchange(store, huge, false)).toContain("<Code>EntityTooLarge<");
    expect((await refusal(s3.send(new GetObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
  });

  test("Expect: 100-continue gets 100 before the body, or an error without it", async () => {
    const store = await runningStore();
    const s3 = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
    const { pathname, search, host } = new URL(
      await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a" })),
    );
    const headers = `Host: ${host}\r\nContent-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
    const accepted = await exchange(store, `PUT ${pathname}${search} HTTP/1.1\r\n${headers}x`);
    expect(accepted).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
    const refused = await exchange(store, `PUT ${pathname} HTTP/1.1\r\n${headers}x`);
    expect(refused).toMatch(/^HTTP\/1.1 403 /);
  });
});

test("random URLs and headers do no harm", async () => {
  const store = await runningStore();
  const text = fc.string({ unit: "binary-ascii" });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("GET", "PUT", "POST", "DELETE", "OPTIONS"),
      text,
      text,
      async (method, path, header) => {
        const safe = (value: string) => value.replace(/[\r\n\0 ]/g, "_");
        const response = await exchange(
          store,
          `${method} /${safe(path)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 ${safe(header)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        expect(response).toMatch(/^HTTP\/1.1 [1-4]/);
      },
    ),
    { numRuns: 50 },
  );
  await expectAlive(store);
});

test("XML documents with entities or of unusual size are refused", async () => {
  const store = await runningStore();
  const s3 = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const command = new PutObjectCommand({ Bucket, Key: "a" });
  // PutBucketCors, but signed without a body.
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { path: `/${Bucket}`, query: { cors: "" } });
      return next(args);
    },
    { step: "build" },
  );
  const url = await getSignedUrl(s3, command);
  const put = async (body: string) => await (await fetch(url, { method: "PUT", body })).text();
  const bomb = `<!DOCTYPE x [<!ENTITY a "${"a".repeat(1000)}"><!ENTITY b "${"&a;".repeat(1000)}">]><CORSConfiguration>&b;</CORSConfiguration>`;
  expect(await put(bomb)).toContain("<Code>MalformedXML<");
  expect(await put("<a>".repeat(100_000))).toContain("<Code>MalformedXML<");
  expect(await put("x".repeat(1024 ** 2 + 1))).toContain("<Code>MaxMessageLengthExceeded<");
});

test("unsupported operations are refused as such", async () => {
  const store = await runningStore();
  const codes = [
    store.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    store.s3.send(new GetObjectAclCommand({ Bucket, Key: "a" })),
    store.s3.send(new GetObjectTorrentCommand({ Bucket, Key: "a" })),
  ].map(async (sent) => (await refusal(sent)).name);
  expect(await Promise.all(codes)).toEqual(["NotImplemented", "NotImplemented", "NotImplemented"]);
});

describe("CORS", () => {
  const origin = "https://app.example";

  test("any page can use presigned URLs and read errors", async () => {
    const { s3, endpoint } = await runningStore();
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "missing" }));
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type, x-amz-meta-a",
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type, x-amz-meta-a");
    const missing = await fetch(url, { headers: { origin } });
    expect(missing.status).toBe(404);
    expect(missing.headers.get("access-control-allow-origin")).toBe("*");
    expect(missing.headers.get("access-control-expose-headers")).toContain("ETag");
    expect((await fetch(`${endpoint}/demo/a`, { method: "OPTIONS" })).status).toBe(400);
    expect((await fetch(url)).headers.get("access-control-allow-origin")).toBeNull();
  });

  test("the rules of a bucket replace the default rules", async () => {
    const { s3, endpoint } = await runningStore();
    const CORSRules = [
      {
        AllowedOrigins: ["https://*.example"],
        AllowedMethods: ["GET"],
        AllowedHeaders: ["x-amz-*"],
        MaxAgeSeconds: 7,
      },
    ];
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    expect((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual(CORSRules);
    const preflight = (from: string, method: string, header: string) =>
      fetch(`${endpoint}/demo/a`, {
        method: "OPTIONS",
        headers: {
          origin: from,
          "access-control-request-method": method,
          "access-control-request-headers": header,
        },
      });
    const allowed = await preflight(origin, "GET", "x-amz-date");
    expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
    expect(allowed.headers.get("access-control-max-age")).toBe("7");
    for (const refused of [
      await preflight("https://example.evil", "GET", "x-amz-date"),
      await preflight(origin, "PUT", "x-amz-date"),
      await preflight(origin, "GET", "authorization"),
    ]) {
      expect(refused.status).toBe(403);
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
    }
    const two = [{ AllowedOrigins: ["*.*"], AllowedMethods: ["GET"] }];
    const bad = s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: two } }));
    expect((await refusal(bad)).name).toBe("InvalidRequest");
  });
});

test("a virtual-hosted URL addresses the same bucket", async () => {
  const store = await runningStore();
  const client = store.client({ endpoint: `http://localhost:${store.port}`, forcePathStyle: false });
  const url = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "a b" })));
  expect(url.hostname).toBe("demo.localhost");
  await store.s3.send(new PutObjectCommand({ Bucket, Key: "a b", Body: "hello" }));
  const response = await exchange(
    store,
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`,
  );
  expect(response).toMatch(/^HTTP\/1.1 200 [\s\S]*hello$/);
});
