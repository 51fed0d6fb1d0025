import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { StoreError } from "../../../packages/embedded-s3/src/core/store-error.ts";
import { isAllowed } from "../../../packages/embedded-s3/src/iam/evaluate.ts";
import type { StoreRole } from "../../../packages/embedded-s3/src/signing/access-keys.ts";
import { verifySignature } from "../../../packages/embedded-s3/src/signing/verify-signature.ts";
import { handleStsAction, stsErrorXml } from "../../../packages/embedded-s3/src/sts/sts-actions.ts";
import { accessKeys, exampleKeys, role } from "../../../packages/embedded-s3/test/store-keys.ts";
import { createAssumeRole } from "../../../src/access/assume-role.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { ProtectedSts } from "../../../src/access/protected-sts.ts";
import { RoleSessionPool } from "../../../src/access/role-session-pool.ts";
import { SkewCorrectedClock } from "../../../src/core/clock.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import { listenOnLoopback, stopListening } from "../../support/listening.ts";
import { bucketA } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const named = (name: string, settings: Partial<StoreRole> = {}): StoreRole => ({
  ...role,
  name,
  arn: `arn:aws:iam::000000000000:role/${name}`,
  ...settings,
});
const plain = named("plain");
const guarded = named("guarded", { externalId: "secret-of-two" });
const audited = named("audited", { allowTagSession: true, allowSourceIdentity: true });
const keys = accessKeys([plain, guarded, audited]);

/** The embedded store's STS, which checks signatures, policies, external ids and tags as AWS does. */
const sts = createServer(async (request, response) => {
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const wire = { method: request.method ?? "", path: request.url ?? "", query: "", headers };
  try {
    const now = new Date();
    const caller = verifySignature(wire, keys, now, "sts", createHash("sha256").update(body).digest("hex"));
    response.end(handleStsAction(new URLSearchParams(body), caller, keys, now));
  } catch (error) {
    const fault = error instanceof StoreError ? error : new StoreError(500, "InternalFailure", String(error));
    response.writeHead(fault.status).end(stsErrorXml(fault, "request-1"));
  }
});
let endpoint: string;
beforeAll(async () => {
  endpoint = await listenOnLoopback(sts);
});
afterAll(() => stopListening(sts));
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

const grants: readonly Grant[] = [{ bucket: bucketA, prefix: "users/alice/", actions: ["DOWNLOAD"] }];

function sessionsOf(
  storeRole: StoreRole,
  options: { externalId?: string; audit?: boolean } = {},
): RoleSessionPool {
  const clock = new SkewCorrectedClock();
  const metrics = createMetrics();
  const assumed = { arn: storeRole.arn, externalId: options.externalId, sessionSeconds: 900 };
  const assumeRole = createAssumeRole({
    role: assumed,
    region: "us-east-1",
    endpoint,
    credentials: exampleKeys,
    clock,
    metrics,
  });
  opened.push(assumeRole);
  return new RoleSessionPool({
    role: assumed,
    sts: new ProtectedSts({ assumeRole }),
    clock: clock.now,
    metrics,
    log: { info: () => undefined, warn: () => undefined },
    sendSessionTags: options.audit,
    sendSourceIdentity: options.audit,
  });
}

function identityOf({ credentials }: Awaited<ReturnType<RoleSessionPool["get"]>>) {
  return keys.lookup(credentials.accessKeyId, credentials.sessionToken, new Date()).identity;
}

test("the session may do what the grants allow, and nothing else", async () => {
  const identity = identityOf(await sessionsOf(plain).get({ principal: principalOf("alice"), grants }, 60));
  const mayGet = (key: string) =>
    isAllowed(identity, { action: "s3:GetObject", resource: `arn:aws:s3:::bucket-a/${key}`, context: {} });
  expect(identity.arn).toBe("arn:aws:sts::000000000000:assumed-role/plain/alice");
  expect(mayGet("users/alice/photo")).toBe(true);
  expect(mayGet("users/bob/photo")).toBe(false);
});

test("a role with an external id is assumed with it, and with no other", async () => {
  const caller = { principal: principalOf("alice"), grants };
  await expect(sessionsOf(guarded, { externalId: "secret-of-two" }).get(caller, 60)).resolves.toBeDefined();
  for (const options of [{}, { externalId: "another" }]) {
    await expect(sessionsOf(guarded, options).get(caller, 60)).rejects.toMatchObject({
      code: "CREDENTIALS_UNAVAILABLE",
      retryable: false,
    });
  }
});

test("tags and SourceIdentity are sent when configured, and refused if the trust policy does not allow them", async () => {
  const caller = { principal: principalOf("auth0|alice", { iss: "https://issuer.example/" }), grants };
  const identity = identityOf(await sessionsOf(audited, { audit: true }).get(caller, 60));
  expect(identity).toMatchObject({
    tags: { "valetkey:sub": expect.stringMatching(/^sha256:/), "valetkey:iss": "https://issuer.example/" },
  });
  await expect(sessionsOf(plain, { audit: true }).get(caller, 60)).rejects.toMatchObject({
    retryable: false,
  });
});

test("STS accepts the name, the tags and the policy of every caller", async () => {
  const sessions = sessionsOf(audited, { audit: true });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), async (text) => {
      const principal = principalOf(text, { iss: text });
      const own: Grant[] = [{ bucket: bucketA, prefix: `users/${text}/`, actions: ["UPLOAD", "LIST"] }];
      await expect(sessions.get({ principal, grants: own }, 60)).resolves.toBeDefined();
    }),
    { numRuns: 50 },
  );
});
