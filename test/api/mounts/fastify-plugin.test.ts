import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { startFastifyHost } from "../../support/mounted-server.ts";
import { downloadUrl } from "../../support/operations.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { beginSlowUpload } from "../../support/slow-upload.ts";
import { bucket } from "../../support/test-server.ts";

const host = await shareInFile(
  startFastifyHost({
    async before(app) {
      // The names of decorators that such servers often have.
      app.decorateRequest("principal", "the host's");
      app.decorate("connections" as string, "the host's");
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send({ host: "error" }));
      app.setNotFoundHandler((_request, reply) => reply.code(404).send({ host: "not found" }));
      app.removeContentTypeParser("application/json");
      app.addContentTypeParser(
        "application/json",
        { parseAs: "string", bodyLimit: 64 },
        (_request, body, done) => done(null, { parsedByHost: body }),
      );
      app.addHook("onRequest", async (_request, reply) => {
        reply.header("x-host", "yes");
      });
      await app.register(rateLimit, { max: 10_000, timeWindow: 60_000 });
      await app.register(cors, { origin: "https://app.example" });
      app.post("/own", async (request: FastifyRequest) => ({ body: request.body }));
      app.get("/fails", async () => {
        throw new Error("of the host");
      });
    },
    after(app) {
      app.get("/own", async (request) => ({
        principal: (request as unknown as { principal: string }).principal,
        connections: (app as unknown as { connections: string }).connections,
      }));
      app.post("/own/form", async () => "unreachable");
    },
  }),
);

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(host.origin + path, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

describe("a Fastify server of somebody else", () => {
  test("keeps its own parsers, decorators and handlers", async () => {
    expect(await (await post("/own", "{}")).json()).toEqual({ body: { parsedByHost: "{}" } });
    expect((await post("/own", "x".repeat(65))).status).toBe(418);
    const own = await fetch(`${host.origin}/own`);
    expect(await own.json()).toEqual({ principal: "the host's", connections: "the host's" });
    expect(own.headers.get("cache-control")).toBeNull();
    expect(await (await fetch(`${host.origin}/fails`)).json()).toEqual({ host: "error" });
    expect(await (await fetch(`${host.origin}/graphql`)).json()).toEqual({ host: "not found" });
  });

  test("accepts no forms on its own routes", async () => {
    const form = new FormData();
    form.set("a", "b");
    expect((await fetch(`${host.origin}/own/form`, { method: "POST", body: form })).status).toBe(418);
  });

  test("runs its hooks on Valet Key's path too", async () => {
    const { status, headers } = await post("/files/graphql", '{"query":"{ __typename }"}', {
      origin: "https://app.example",
    });
    expect(status).toBe(200);
    expect(headers.get("x-host")).toBe("yes");
    expect(headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(headers.get("x-ratelimit-limit")).toBe("10000");
  });

  test("with a parser of its own and a small body limit does not affect Valet Key's", async () => {
    await host.seed("a", "hello");
    const { url } = await downloadUrl(host.client, { bucket, key: "a" });
    expect(await (await fetch(url)).text()).toBe("hello");
  });
});

test("an upload that the client abandons leaves no parts behind", async () => {
  const upload = beginSlowUpload(host.url, { bucket, key: "abandoned" });
  const uploads = async () =>
    (await host.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
  for (let count = 0; count < 24; count += 1) await upload.write(new Uint8Array(2 ** 20));
  await expect.poll(async () => (await uploads()).length).toBe(1);
  upload.destroy();
  await expect.poll(async () => (await uploads()).length).toBe(0);
});
