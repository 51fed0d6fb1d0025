import type { IncomingMessage } from "node:http";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { startNodeHost } from "../../support/mounted-server.ts";
import { downloadUrl } from "../../support/operations.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { beginSlowUpload } from "../../support/slow-upload.ts";
import { bucket } from "../../support/test-server.ts";

const query = '{"query":"{ viewer { authenticated } }"}';
const anonymous = { data: { viewer: { authenticated: false } } };
const json = { "content-type": "application/json" };

describe("a handler of node:http", () => {
  test("serves its path, and the host serves all others", async () => {
    const host = await shareInFile(startNodeHost());
    const response = await fetch(`${host.origin}/files/graphql`, {
      method: "POST",
      body: query,
      headers: json,
    });
    expect(await response.json()).toEqual(anonymous);
    const other = await fetch(`${host.origin}/graphql`, { method: "POST", body: query, headers: json });
    expect([other.status, await other.text()]).toEqual([404, "the host's own 404"]);
  });

  test("an upload that the client abandons leaves no parts behind", async () => {
    const host = await shareInFile(startNodeHost());
    const upload = beginSlowUpload(host.url, { bucket, key: "abandoned" });
    const uploads = async () =>
      (await host.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
    for (let count = 0; count < 24; count += 1) await upload.write(new Uint8Array(2 ** 20));
    await expect.poll(async () => (await uploads()).length).toBe(1);
    upload.destroy();
    await expect.poll(async () => (await uploads()).length).toBe(0);
  });

  test("ends running uploads, and refuses requests, after Valet Key was closed", async () => {
    const host = await shareInFile(startNodeHost());
    const upload = beginSlowUpload(host.url, { bucket, key: "unfinished" });
    for (let count = 0; count < 24; count += 1) await upload.write(new Uint8Array(2 ** 20));
    await host.closeValetKey();
    expect(await upload.answer).toContain('"errors"');
    const { status, errors } = await host.client.request("{ __typename }");
    expect(status).toBe(503);
    expect(errors?.[0]?.extensions).toEqual({ code: "OVERLOADED", retryable: true });
    const { Uploads = [] } = await host.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
  });
});

describe("a middleware of Express", () => {
  /** What Express does to a request before it calls a middleware. */
  type ExpressRequest = IncomingMessage & {
    body?: unknown;
    originalUrl?: string;
    baseUrl?: string;
    ip?: string;
  };

  /** Express's `app.use("/files/graphql", …)` removes the path from the URL. */
  const mounted = (prepare: (request: ExpressRequest) => unknown = () => {}) =>
    startNodeHost({
      listener: (handler) => (request: ExpressRequest, response) => {
        request.originalUrl = request.url ?? "";
        request.url = request.url?.replace(/^\/files\/graphql\/?/, "/") ?? "/";
        void Promise.resolve(prepare(request)).then(() => handler(request, response, () => {}));
      },
    });

  async function readBody(request: ExpressRequest): Promise<string> {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    return text;
  }

  test.each(["/files/graphql", "/files/graphql/", "/files/graphql/deeper"])("serves %s", async (path) => {
    await using host = await mounted();
    const post = await fetch(host.origin + path, { method: "POST", body: query, headers: json });
    expect(await post.json()).toEqual(anonymous);
    const get = await fetch(`${host.origin}${path}?query={viewer{authenticated}}`, {
      headers: { "apollo-require-preflight": "1" },
    });
    expect(await get.json()).toEqual(anonymous);
    expect((await fetch(host.origin + path, { method: "DELETE" })).status).toBe(405);
  });

  test("leaves the URL that the host has set", async () => {
    const urls: unknown[] = [];
    await using host = await startNodeHost({
      listener: (handler) => (request: ExpressRequest, response) => {
        request.originalUrl = "/the/original";
        request.url = "/?a=b";
        response.once("finish", () => urls.push([request.originalUrl, request.url]));
        handler(request, response);
      },
    });
    await (await fetch(host.origin, { method: "POST", body: query, headers: json })).text();
    await expect.poll(() => urls).toEqual([["/the/original", "/?a=b"]]);
  });

  test.each([
    ["an object", JSON.parse],
    ["a text", (text: string) => text],
    ["bytes", (text: string) => Buffer.from(text)],
  ])("uses a JSON body that the host has parsed to %s", async (_what, parse) => {
    await using host = await mounted(async (request) => {
      request.body = parse(await readBody(request));
    });
    const response = await fetch(`${host.origin}/files/graphql`, {
      method: "POST",
      body: query,
      headers: json,
    });
    expect(await response.json()).toEqual(anonymous);
  });

  test("refuses a body that the host has read and not passed on", async () => {
    await using host = await mounted(readBody);
    const { status, errors } = await host.client.request("{ __typename }");
    expect(status).toBe(500);
    expect(errors?.[0]?.extensions?.code).toBe("INTERNAL_SERVER_ERROR");
  });

  test("refuses a form that the host has read", async () => {
    await using host = await mounted(async (request) => {
      await readBody(request);
      request.body = {};
    });
    const form = new FormData();
    form.set("operations", "{}");
    const { status } = await host.client.post(form, { "apollo-require-preflight": "1" });
    expect(status).toBe(500);
  });

  test("counts callers by the address that Express trusts", async () => {
    const options = { env: { VALETKEY_RATE_LIMIT: "1/60s" } };
    await using host = await startNodeHost({
      ...options,
      listener: (handler) => (request: ExpressRequest, response) => {
        request.ip = String(request.headers["x-forwarded-for"]);
        handler(request, response);
      },
    });
    const status = async (address: string) =>
      (await host.client.post("{}", { ...json, "x-forwarded-for": address })).status;
    expect(await status("192.0.2.1")).toBe(400);
    expect(await status("192.0.2.1")).toBe(429);
    expect(await status("192.0.2.2")).toBe(400);
  });
});

test("two of them in one process have grants of their own", async () => {
  await using first = await startNodeHost();
  await using second = await startNodeHost({ store: first.store, grants: [] });
  await first.seed("a", "hello");
  expect(await downloadUrl(first.client, { bucket, key: "a" })).toMatchObject({ bucket });
  await expect(downloadUrl(second.client, { bucket, key: "a" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});
