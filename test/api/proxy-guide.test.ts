import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { resolve } from "node:path";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { startHAProxy } from "../support/haproxy.ts";
import { codeBlocks } from "../support/markdown.ts";
import { startNginx } from "../support/nginx.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { startTogether } from "../support/resources.ts";
import { hasHAProxy, hasNginx } from "../support/shell.ts";
import { startDemoServer } from "../support/test-server.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/behind-a-proxy.md"), "utf8");

// Debian's packages nginx-light and haproxy are enough. .ci/run installs them.
const proxies = [
  { name: "nginx", isInstalled: hasNginx, start: startNginx },
  { name: "haproxy", isInstalled: hasHAProxy, start: startHAProxy },
] as const;

/** A server behind the proxy with the guide's configuration. */
function startBehind({ name, start }: (typeof proxies)[number], env: Record<string, string> = {}) {
  return startTogether(async (started) => {
    const server = await started.use(startDemoServer({ VALETKEY_TRUST_PROXY: "127.0.0.1", ...env }));
    const [block = ""] = codeBlocks(name, guide);
    const configuration = block
      .replace("10.0.1.10:4000", new URL(server.url).host)
      .replace(/^.*10\.0\.1\.11:4000.*$/m, "");
    const { url } = await started.use(start(configuration));
    return { server, url };
  });
}

interface SentRequest {
  readonly headers?: OutgoingHttpHeaders;
  /** The address of the client. */
  readonly localAddress?: string;
}

async function post(url: string, { headers = {}, localAddress = "127.0.0.1" }: SentRequest = {}) {
  const sent = request(`${url}/graphql`, {
    method: "POST",
    localAddress,
    headers: { "content-type": "application/json", ...headers },
    agent: false,
  });
  sent.end(JSON.stringify({ query: "{ __typename }" }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode, body: await json(response) };
}

describe.each(proxies)("the guide's configuration of $name", (proxyUnderTest) => {
  const { isInstalled } = proxyUnderTest;

  test.runIf(isInstalled)(
    "passes on the caller's address, and not the one that a caller makes up",
    async () => {
      await using proxy = await startBehind(proxyUnderTest, { VALETKEY_RATE_LIMIT: "1/1h" });
      const send = (localAddress: string, madeUp: string) =>
        post(proxy.url, { localAddress, headers: { "x-forwarded-for": madeUp } });
      expect(await send("127.0.0.2", "203.0.113.1")).toMatchObject({ status: 200 });
      expect(await send("127.0.0.2", "203.0.113.2")).toMatchObject({ status: 429 });
      expect(await send("127.0.0.3", "203.0.113.1")).toMatchObject({ status: 200 });
    },
  );

  test.runIf(isInstalled)("passes on headers up to the server's limit", async () => {
    await using proxy = await startBehind(proxyUnderTest);
    const headers = { "x-large": "a".repeat(14_000) };
    expect(await post(proxy.url, { headers })).toMatchObject({ status: 200 });
  });

  test.runIf(isInstalled)("passes on an upload while it arrives", async () => {
    await using proxy = await startBehind(proxyUnderTest);
    const boundary = "a-boundary";
    const operations = JSON.stringify({
      query: uploadFileMutation,
      variables: { file: null, input: { bucket: "demo", key: "behind-a-proxy" } },
    });
    const field = (name: string, more = "") =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
    const upload = request(`${proxy.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": `multipart/form-data; boundary=${boundary}`,
        "apollo-require-preflight": "1",
      },
    });
    const responded = once(upload, "response");
    upload.write(`${field("operations")}${operations}\r\n${field("map")}{"0":["variables.file"]}\r\n`);
    upload.write(`${field("0", '; filename="a"')}first bytes`);
    const metrics = async () => (await fetch(`${proxy.server.url}/metrics`)).text();
    await expect.poll(metrics).toContain("valetkey_uploads_in_flight 1");
    upload.end(`, last bytes\r\n--${boundary}--\r\n`);
    const [response] = (await responded) as [IncomingMessage];
    expect(await json(response)).toMatchObject({ data: { uploadFile: { size: 23 } } });
  });

  test.runIf(isInstalled)("leaves the limit for bodies, and its error, to the server", async () => {
    await using proxy = await startBehind(proxyUnderTest);
    const body = JSON.stringify({ query: "{ __typename }", extensions: "a".repeat(3 * 2 ** 20) });
    const response = await fetch(`${proxy.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
  });
});
