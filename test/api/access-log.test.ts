import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { startTogether } from "../support/resources.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

interface Line {
  readonly msg: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly ms?: number;
  readonly caller?: string;
  readonly [field: string]: unknown;
}

const grants = (["anonymous", "authenticated"] as const).map((who) => ({
  who,
  bucket,
  allow: ["DOWNLOAD", "UPLOAD"] as const,
}));

function startWithAccessLog(env: Readonly<Record<string, string>> = {}) {
  return startTogether(async (started) => {
    const texts: string[] = [];
    const issuer = await started.use(startIssuer());
    const log = pino({ level: "info" }, { write: (text: string) => texts.push(text) });
    const server = await started.use(
      startTestServer({ issuer, grants, log, env: { VALETKEY_ACCESS_LOG: "on", ...env } }),
    );
    const lines = () => texts.map((text) => JSON.parse(text) as Line).filter(({ msg }) => msg === "access");
    return { issuer, server, url: server.url, lines };
  });
}

describe("the access log", () => {
  test("has a line for each request, with a name for the caller that is not the caller's", async () => {
    await using running = await startWithAccessLog();
    const { issuer, server, url, lines } = running;
    const alice = server.client.as(await issuer.token({ sub: "alice" }));
    const query = `{ downloadUrl(bucket: "${bucket}", key: "the-key", verify: false) { url } }`;
    for (const client of [alice, alice, server.client])
      await client.post(JSON.stringify({ query }), { "content-type": "application/json" });
    await fetch(`${url}/readyz`);
    await fetch(`${url}/no/such/page?token=hidden`);
    await expect.poll(() => lines().length).toBe(5);

    const [first, second, anonymous, readiness, unknown] = lines();
    expect(first).toMatchObject({
      requestId: expect.stringMatching(/^[\w-]{36}$/),
      method: "POST",
      path: "/graphql",
      status: 200,
      address: "127.0.0.1",
      caller: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(first?.bytes).toBeGreaterThan(500);
    expect(first?.ms).toBeGreaterThanOrEqual(0);
    expect(second?.caller).toBe(first?.caller);
    expect(anonymous).not.toHaveProperty("caller");
    expect(anonymous).not.toHaveProperty("aborted");
    expect(readiness).toMatchObject({ method: "GET", path: "/readyz", status: 200 });
    expect(unknown).toMatchObject({ path: "/no/such/page", status: 404 });
    for (const hidden of ["hidden", "the-key", "alice", "Bearer"])
      expect(JSON.stringify(lines())).not.toContain(hidden);
  });

  test("has requests that are refused, and shortens their paths", async () => {
    await using running = await startWithAccessLog();
    const { url, lines } = running;
    await fetch(`${url}/${"x".repeat(5000)}`);
    await fetch(`${url}/graphql`, { method: "DELETE" });
    using connection = new RawConnection(Number(new URL(url).port));
    connection.send("GET /healthz HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
    await connection.response();
    await expect.poll(() => lines().map(({ status }) => status)).toEqual([404, 405, 403]);
    expect(lines()[0]?.path).toHaveLength(200);
  });

  test("says when a client has closed the connection", async () => {
    await using running = await startWithAccessLog();
    const { url, lines } = running;
    const upload = beginSlowUpload(url, { bucket, key: "the-key" });
    await upload.write(Buffer.alloc(100_000));
    upload.destroy();
    await expect.poll(lines).toEqual([expect.objectContaining({ path: "/graphql", aborted: true })]);
  });

  test("has the address that a trusted proxy names", async () => {
    await using running = await startWithAccessLog({ VALETKEY_TRUST_PROXY: "127.0.0.1" });
    const { url, lines } = running;
    await fetch(`${url}/healthz`, { headers: { "x-forwarded-for": "203.0.113.7" } });
    await expect.poll(lines).toEqual([expect.objectContaining({ address: "203.0.113.7" })]);
  });

  test("is off by default", async () => {
    await using running = await startWithAccessLog({ VALETKEY_ACCESS_LOG: "off" });
    const { url, lines } = running;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(lines()).toEqual([]);
  });
});
