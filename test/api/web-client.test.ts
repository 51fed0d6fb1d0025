import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { makeCdnKeyPair, writeCdnKey } from "../support/cdn-keys.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startDemoServer, startTestServer } from "../support/test-server.ts";

const script = "export {};\n".repeat(100);

/** The form of what the build writes. */
async function writePages() {
  const folder = await makeTemporaryFolder("pages");
  const assets = join(folder.path, "web/assets");
  await mkdir(assets, { recursive: true });
  await writeFile(join(folder.path, "web/index.html"), '<meta property="csp-nonce" nonce="__CSP_NONCE__">');
  await writeFile(join(assets, "main-abc.js"), script);
  await writeFile(join(assets, "main-abc.js.gz"), gzipSync(script));
  await writeFile(join(folder.path, "secret.txt"), "not for the web");
  return folder;
}

const { path: pages } = await shareInFile(writePages());
const server = await shareInFile(startDemoServer({}, { pages }));
const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);

describe("the web client", () => {
  test("has a policy that allows scripts of the server only, and a new nonce in each response", async () => {
    const nonces = [];
    for (const response of [await get("/"), await get("/?x=1")]) {
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("no-store");
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      const nonce = /nonce="([^"]+)"/.exec(await response.text())?.[1] ?? "";
      expect(policy).toContain(`style-src 'self' 'nonce-${nonce}';`);
      nonces.push(nonce);
    }
    expect(new Set(nonces).size).toBe(2);
  });

  test("may connect to the store of the presigned URLs", async () => {
    const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
      '{ downloadUrl(bucket: "demo", key: "a", verify: false) { url } }',
    );
    const policy = (await get("/")).headers.get("content-security-policy");
    expect(policy).toContain(`connect-src 'self' blob: ${new URL(downloadUrl.url).origin};`);
  });

  test("may connect to the CDN of a bucket, in production and on the embedded store", async () => {
    await using folder = await makeTemporaryFolder("cdn");
    const url = "https://d111111abcdef8.cloudfront.net";
    const keyPair = await makeCdnKeyPair("ec");
    const privateKeyFile = await writeCdnKey(folder.path, keyPair);
    const buckets = { [bucket]: { cdn: { url, keyPairId: keyPair.keyPairId, privateKeyFile } } };
    const grants = [{ who: "anonymous", bucket, allow: ["DOWNLOAD"] } as const];
    const file = join(folder.path, "access.json");
    await writeFile(file, JSON.stringify({ buckets, grants }));
    const env = { NODE_ENV: "production", VALETKEY_WEB: "on" };
    await using production = await startTestServer({ pages, env, buckets, grants });
    await using embedded = await startDemoServer({ VALETKEY_GRANTS: file }, { pages });
    for (const { client, url: page } of [production, embedded]) {
      const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(
        `{ downloadUrl(bucket: "${bucket}", key: "a", verify: false) { url } }`,
      );
      expect(new URL(downloadUrl.url).origin).toBe(url);
      const policy = (await fetch(page)).headers.get("content-security-policy") ?? "";
      for (const directive of ["connect-src", "img-src", "media-src", "frame-src"]) {
        const sources = policy.split("; ").find((each) => each.startsWith(directive));
        expect(sources?.split(" ")).toContain(url);
      }
    }
  });

  test("lets browsers keep files whose names have a hash, and sends them compressed", async () => {
    const plain = await get("/assets/main-abc.js", { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-type")).toContain("javascript");
    expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(plain.headers.get("vary")).toContain("accept-encoding");
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe(script);
    const compressed = await get("/assets/main-abc.js", { headers: { "accept-encoding": "gzip" } });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(Number(compressed.headers.get("content-length"))).toBe(gzipSync(script).length);
    expect(await compressed.text()).toBe(gunzipSync(gzipSync(script)).toString());
  });

  test.each([
    ["/assets/missing.js", 404],
    ["/assets/", 404],
    ["/assets", 404],
    ["/index.html", 404],
    ["/folder", 404],
    ["/assets/..%2f..%2fsecret.txt", 404],
    ["/assets/..%5c..%5csecret.txt", 403],
    ["/assets/%00", 400],
  ])("is not at %s, which gets %d in JSON", async (path, status) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  });

  test("is only read", async () => {
    for (const path of ["/", "/assets/main-abc.js", "/web-config.json"]) {
      expect((await get(path, { method: "POST", body: "{}" })).status).toBe(404);
      const head = await get(path, { method: "HEAD" });
      expect(head.status).toBe(200);
      expect(await head.text()).toBe("");
    }
  });

  test("leaves the other paths of the server as they are", async () => {
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
    expect((await get("/metrics")).headers.get("content-type")).toContain("text/plain");
  });
});

describe("/web-config.json", () => {
  const configOf = async ({ url }: { readonly url: string }) =>
    (await fetch(`${url}/web-config.json`)).json();

  test("offers the development callers and the bucket demo on the embedded store", async () => {
    expect(await configOf(server)).toEqual({
      graphqlUrl: "graphql",
      developmentCallers: ["alice", "bob"],
      defaultBucket: "demo",
    });
  });

  test("offers no bucket if there is an access file, and no callers with a role", async () => {
    await using withRole = await startTestServer({ pages });
    expect(await configOf(withRole)).toMatchObject({ developmentCallers: [], defaultBucket: null });
    await using folder = await makeTemporaryFolder("grants");
    const grants = join(folder.path, "grants.json");
    await writeFile(grants, JSON.stringify({ grants: [{ who: "anonymous", bucket, allow: ["LIST"] }] }));
    await using withGrants = await startDemoServer({ VALETKEY_GRANTS: grants }, { pages });
    expect(await configOf(withGrants)).toMatchObject({
      developmentCallers: ["alice", "bob"],
      defaultBucket: null,
    });
  });
});

describe("VALETKEY_WEB", () => {
  test("off removes the web client", async () => {
    await using off = await startDemoServer({ VALETKEY_WEB: "off" }, { pages });
    for (const path of ["/", "/web-config.json", "/assets/main-abc.js"]) {
      const response = await fetch(`${off.url}${path}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    }
  });

  test.each([
    [{}, 404],
    [{ VALETKEY_WEB: "on" }, 200],
  ])("with %j, / gets %d in production", async (env, status) => {
    await using production = await startTestServer({ pages, env: { NODE_ENV: "production", ...env } });
    expect((await fetch(production.url)).status).toBe(status);
  });

  test("on without the built files leaves / a 404", async () => {
    await using empty = await makeTemporaryFolder("empty");
    await using unbuilt = await startDemoServer({ VALETKEY_WEB: "on" }, { pages: empty.path });
    expect((await fetch(unbuilt.url)).status).toBe(404);
  });
});
