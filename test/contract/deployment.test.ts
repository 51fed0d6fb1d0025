import { readFileSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { followCephGuide, gatewaysNginx, guidesVariables } from "../support/ceph-guide.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { isRoot } from "../support/image-tree.ts";
import { audience, startIssuer } from "../support/issuer.ts";
import { codeBlocks } from "../support/markdown.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { startNginx } from "../support/nginx.ts";
import { completeUpload, downloadUrl, requestUpload, uploadFile } from "../support/operations.ts";
import { startOtlpCollector } from "../support/otlp-collector.ts";
import { freePort } from "../support/ports.ts";
import { bytesOf, sendPut } from "../support/presigned-requests.ts";
import { makeTemporaryFolder, startTogether } from "../support/resources.ts";
import { buildRunnableImage } from "../support/running-image.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { noise, sha256, store } from "./store.ts";

const MiB = 2 ** 20;
const origin = "https://app.example.com";
const proxyGuide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/behind-a-proxy.md"), "utf8");

/** What a reader of docs/ has in the end, on one machine. */
function deploy(gatewayUrl: string, cephConfigurationFile: string) {
  return startTogether(async (started) => {
    const { bucket, roleArn, serverKey } = await followCephGuide(gatewayUrl, cephConfigurationFile);
    const gateway = await started.use(startNginx(gatewaysNginx(gatewayUrl)));
    const issuer = await started.use(startIssuer());
    const collector = await started.use(startOtlpCollector());
    const folder = await started.use(makeTemporaryFolder("deployed"));
    await chmod(folder.path, 0o755);
    const grants = join(folder.path, "grants.yaml");
    await writeFile(
      grants,
      `grants: [{ who: authenticated, bucket: ${bucket}, prefix: "users/{sub}/", allow: [DOWNLOAD, UPLOAD, LIST, DELETE] }]`,
    );
    const ports = { server: await freePort(), metrics: await freePort() };
    const env = {
      ...guidesVariables(),
      AWS_ACCESS_KEY_ID: serverKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: serverKey.secretAccessKey,
      AWS_ENDPOINT_URL_S3: gatewayUrl,
      AWS_ENDPOINT_URL_STS: gatewayUrl,
      VALETKEY_PUBLIC_ENDPOINT_URL: gateway.url,
      VALETKEY_ROLE_ARN: roleArn,
      VALETKEY_SECRET: "a secret of the tests that is longer than 32 bytes",
      VALETKEY_GRANTS: grants,
      // This issuer has no discovery document.
      VALETKEY_JWKS_URL: issuer.jwksUrl,
      VALETKEY_JWT_ISSUER: issuer.url,
      VALETKEY_JWT_AUDIENCE: audience,
      VALETKEY_METRICS_PORT: String(ports.metrics),
      HOST: "127.0.0.1",
      PORT: String(ports.server),
      NODE_OPTIONS: "--import valetkey/telemetry",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "20",
    };
    const image = await started.use(buildRunnableImage());
    const server = await started.use(image.start(env));
    const [nginxBlock = ""] = codeBlocks("nginx", proxyGuide);
    const proxy = await started.use(
      startNginx(
        nginxBlock
          .replace("server 10.0.1.10:4000 fail_timeout=1s;", `server 127.0.0.1:${ports.server};`)
          .replace("server 10.0.1.11:4000 fail_timeout=1s;", ""),
      ),
    );
    const client = new GraphQLClient(proxy.url).as(await issuer.token({ sub: "alice" }));
    const metrics = async () => (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    return { bucket, gateway, collector, env, image, server, proxy, client, metrics };
  });
}

// On the embedded store, the tests of the image and of the guides show each part.
const { cephConfigurationFile } = store;
describe.runIf(cephConfigurationFile !== undefined)("what the documents deploy on Ceph", async () => {
  if (cephConfigurationFile === undefined) return;
  const deployment = await shareInFile(deploy(store.endpoint, cephConfigurationFile));
  const { bucket, gateway, client, proxy } = deployment;

  /** The bytes that a client downloads, through nginx. */
  async function downloaded(key: string): Promise<string> {
    const { url } = await downloadUrl(client, { bucket, key });
    expect(new URL(url).origin).toBe(gateway.url);
    return sha256(await bytesOf(await fetch(url)));
  }

  test("runs as a user other than root", { skip: !isRoot }, async () => {
    const { image, server } = deployment;
    const status = await readFile(`/proc/${server.process.pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\t${image.user.uid}\\t`, "m"));
    expect(image.user.uid).not.toBe(0);
  });

  test("passes every check of the doctor", async () => {
    const { image, env } = deployment;
    const { stdout } = await image.run(["node", "dist/cli.js", "doctor", "--json"], env);
    const { findings } = JSON.parse(stdout) as { findings: { verdict: string }[] };
    expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(findings.length).toBeGreaterThanOrEqual(15);
  });

  test("stores and returns a file that is sent with one PUT", async () => {
    const file = noise(3 * MiB);
    const input = { bucket, key: "users/alice/put.png", contentType: "image/png" };
    const signed = await requestUpload(client, "PUT", { input, size: file.length });
    expect(new URL(signed.url).origin).toBe(gateway.url);
    expect((await sendPut(signed, file)).status).toBe(200);
    expect(await downloaded(input.key)).toBe(sha256(file));
  });

  test("stores and returns a file that is sent in parts", async () => {
    const key = "users/alice/parts.bin";
    const upload = await beginUpload(client, { bucket, key });
    await sendPart(upload, 1, 1);
    await sendPart(upload, 2, 2);
    await completeUpload(client, upload.id);
    const expected = Buffer.alloc(twoPartsBytes, 2).fill(1, 0, upload.partSize);
    expect(await downloaded(key)).toBe(sha256(expected));
  });

  test("stores and returns a file that is sent through the server, with its traces and metrics", async () => {
    const file = noise(20 * MiB);
    const key = "users/alice/through.bin";
    await uploadFile(client, new Blob([new Uint8Array(file)]), { bucket, key });
    expect(await downloaded(key)).toBe(sha256(file));
    expect(await deployment.metrics()).toContain(`valetkey_upload_bytes_total ${file.length}`);
    const names = () => deployment.collector.spans.map(({ name }) => name);
    await expect
      .poll(names)
      .toEqual(expect.arrayContaining(["POST /graphql", "STS/AssumeRole", "streamed upload"]));
  });

  test("lets pages of its origin send files to the gateway", async () => {
    const input = { bucket, key: "users/alice/page.png" };
    const { url } = await requestUpload(client, "PUT", { input, size: 1 });
    const response = await fetch(url, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "PUT" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  });

  test("refuses callers without a token, and shows its metrics to none", async () => {
    const anonymous = new GraphQLClient(proxy.url);
    const object = { bucket, key: "users/alice/put.png" };
    await expect(downloadUrl(anonymous, object)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await fetch(`${proxy.url}/metrics`)).status).toBe(404);
  });

  test("ends with 0 after SIGTERM", async () => {
    deployment.server.process.kill("SIGTERM");
    expect(await deployment.server.ended).toMatchObject({ code: 0 });
  });
});
