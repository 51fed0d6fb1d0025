import { exportJWK, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/commands/doctor/finding.ts";
import { startIssuer } from "../../support/issuer.ts";
import { startHttpServer } from "../../support/listening.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, prepareTestServer, type TestServerOptions } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";
import { complaintsOf, findingsOf } from "./examined.ts";

const text = (pattern: RegExp) => expect.stringMatching(pattern);

const store = await shareInFile(startTestStore());
const issuer = await shareInFile(startIssuer());

async function examineWith(options: TestServerOptions, token?: string): Promise<Finding[]> {
  await using server = await prepareTestServer({ store: store.description, issuer, ...options });
  return await complaintsOf(server.env, token);
}

test("the doctor finds nothing in a server that works", async () => {
  expect(await examineWith({})).toEqual([]);
});

test.each<{ name: string; options: TestServerOptions; found: object }>([
  {
    name: "an unknown variable",
    options: { env: { VALETKEY_ORIGIN: "https://app.example.com" } },
    found: { check: "configuration", verdict: "fault", saw: text(/VALETKEY_ORIGIN:/) },
  },
  {
    name: "a secret that is missing",
    options: { env: { VALETKEY_SECRET: "" } },
    found: { check: "configuration", verdict: "fault", saw: text(/VALETKEY_SECRET/) },
  },
  {
    name: "a mistake in the access file",
    options: { buckets: { [bucket]: { region: "Frankfurt" } } },
    found: { check: "configuration", verdict: "fault", saw: text(/grants\.json:\d+:\d+: /) },
  },
  {
    name: "an access file that does not exist",
    options: { env: { VALETKEY_GRANTS: "/nonexistent/grants.yaml" } },
    found: { check: "configuration", verdict: "fault", saw: text(/cannot be read/) },
  },
  {
    name: "a development environment",
    options: { env: { NODE_ENV: "development" } },
    found: { check: "configuration", verdict: "warning", saw: text(/NODE_ENV/) },
  },
  {
    name: "an issuer that nobody listens at",
    options: { env: { VALETKEY_JWKS_URL: "http://127.0.0.1:9/jwks.json" } },
    found: { check: "tokens", verdict: "fault", saw: text(/cannot be fetched/) },
  },
  {
    name: "algorithms that the issuer does not use",
    options: { env: { VALETKEY_JWT_ALGORITHMS: "RS256" } },
    found: { check: "tokens", verdict: "fault", mend: text(/VALETKEY_JWT_ALGORITHMS/) },
  },
])("the doctor finds $name", async ({ options, found }) => {
  expect(await examineWith(options)).toContainEqual(expect.objectContaining(found));
});

test("the doctor finds that nobody can sign in in production", async () => {
  await using server = await prepareTestServer({ store: store.description });
  expect(await complaintsOf(server.env)).toMatchObject([{ check: "tokens", verdict: "warning" }]);
});

test("the doctor finds an issuer whose keys are too short", async () => {
  const { publicKey } = await generateKeyPair("RS256", { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), alg: "RS256" };
  await using keys = await startHttpServer((_request, response) => {
    response.end(JSON.stringify({ keys: [{ ...jwk, n: jwk.n?.slice(0, 128) }] }));
  });
  const complaints = await examineWith({ env: { VALETKEY_JWKS_URL: `${keys.url}/jwks.json` } });
  expect(complaints).toContainEqual(expect.objectContaining({ check: "tokens", saw: text(/^0 keys/) }));
});

test("with a token, the doctor says what its caller may do", async () => {
  const grants: TestServerOptions["grants"] = [
    { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] },
  ];
  await using server = await prepareTestServer({ store: store.description, issuer, grants });
  const token = await issuer.token({ sub: "alice" });
  const findings = await findingsOf(server.env, token);
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: "token",
      verdict: "ok",
      saw: text(/DOWNLOAD UPLOAD in demo\/users\/alice\//),
    }),
  );
  expect(JSON.stringify(findings)).not.toContain(token);
});

test.each([
  ["of another audience", { aud: "somebody else" }, /not valid/],
  ["that has expired", { exp: 1_700_000_000 }, /expired/],
])("the doctor finds a token %s", async (_, claims, saw) => {
  const token = await issuer.token({ sub: "alice", ...claims });
  expect(await examineWith({}, token)).toContainEqual(
    expect.objectContaining({ check: "token", verdict: "fault", saw: text(saw) }),
  );
});

test("the doctor finds a token to whose caller no rule applies, and one whose policy is too large", async () => {
  const grants: TestServerOptions["grants"] = [
    { who: { team: "a" }, bucket, allow: ["DOWNLOAD"] },
    ...Array.from({ length: 20 }, (_, index) => ({
      who: { team: `b${index}` },
      bucket,
      prefix: `${"p".repeat(80)}${index}/{sub}/`,
      allow: ["DOWNLOAD", "UPLOAD"] as const,
    })),
  ];
  const nobody = await issuer.token({ sub: "nobody" });
  expect(await examineWith({ grants }, nobody)).toContainEqual(
    expect.objectContaining({ check: "token", verdict: "warning", saw: text(/no rule applies/) }),
  );
  const teams = Array.from({ length: 20 }, (_, index) => `b${index}`);
  const wide = await issuer.token({ sub: "wide", team: teams });
  const complaints = await examineWith({ grants }, wide);
  expect(complaints).toContainEqual(
    expect.objectContaining({ check: "session policy", verdict: "fault", saw: text(/STS takes 2048/) }),
  );
});

test("the findings contain no secrets", async () => {
  const env = { VALETKEY_EXTERNAL_ID: "an-external-id-of-the-tests" };
  await using server = await prepareTestServer({ store: store.description, issuer, env });
  const token = await issuer.token({ sub: "alice" });
  const printed = JSON.stringify(await findingsOf(server.env, token));
  for (const name of [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "VALETKEY_SECRET",
    "VALETKEY_EXTERNAL_ID",
  ]) {
    expect(printed).not.toContain(server.env[name]);
  }
  expect(printed).not.toContain(token);
});
