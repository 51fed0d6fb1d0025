import { pino } from "pino";
import { expect, test } from "vitest";
import { startBreakingProxy } from "../support/breaking-proxy.ts";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, forged } from "../support/multipart-uploads.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const secret = "the-secret-that-seals-ids-in-this-test";
const externalId = "the-external-id-of-this-test";
const logged: string[] = [];
const log = pino({ level: "trace" }, { write: (line: string) => logged.push(line) });

const { description: store } = await shareInFile(startTestStore());
const faulty = await shareInFile(startBreakingProxy(store.endpoint));
const gateway = await shareInFile(startRecordingProxy(faulty.url));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: gateway.url,
    stsUrl: gateway.url,
    grants: [{ who: "authenticated", bucket, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] }],
    env: { VALETKEY_SECRET: secret, VALETKEY_EXTERNAL_ID: externalId },
    log,
  }),
);

/** Starts a server whose role does not exist. STS names the role, the account and the user when it refuses it. */
const startRefusedServer = () =>
  startTestServer({
    store: { ...store, roleArn: store.roleArn.replace(/[^/]+$/, "not-there") },
    s3Url: gateway.url,
    stsUrl: gateway.url,
    env: { VALETKEY_SECRET: secret },
    log,
  });

/** Texts of responses with status 200 and of errors, of everything that a client can call. */
interface Heard {
  readonly responses: string[];
  readonly errors: string[];
}

async function callEverything(token: string): Promise<Heard> {
  return callEverythingAs(server.client.as(token));
}

async function callEverythingAs(client: GraphQLClient): Promise<Heard> {
  const heard: Heard = { responses: [], errors: [] };
  const run = async (query: string, variables: object = {}) => {
    const { data, errors = [] } = await client.request(query, { ...variables });
    heard.responses.push(JSON.stringify(data ?? null));
    heard.errors.push(...errors.map((error) => JSON.stringify(error)));
  };
  const upload = await beginUpload(client, { bucket, key: "large" }).catch(() => undefined);
  const at = `bucket: "${bucket}", key: "a"`;
  const ids = [upload?.id ?? "x", forged(upload?.id ?? "xxxxxxxx")];
  await Promise.all([
    run(`{ downloadUrl(${at}) { url } }`),
    run(`{ downloadUrl(${at}, verify: false) { url } }`),
    run(`{ downloadUrl(bucket: "demo-other", key: "a") { url } }`),
    run(`{ downloadUrl(bucket: "not-there", key: "a") { url } }`),
    run(`{ objects(bucket: "${bucket}") { nodes { key downloadUrl { url } } } }`),
    run(`{ objects(bucket: "${bucket}", after: "forged") { nodes { key } } }`),
    run(`{ uploads(bucket: "${bucket}") { nodes { id key } } }`),
    run(`{ viewer { subject grants { bucket } } }`),
    run(`mutation { deleteObjects(objects: [{ ${at} }]) { __typename } }`),
    run(`mutation { copyObject(from: { ${at} }, to: { bucket: "${bucket}", key: "b" }) { key } }`),
    run(`mutation { requestUpload(input: { ${at} }, size: 1) { ... on PutUpload { url } } }`),
    ...ids.map((id) => run("mutation ($id: ID!) { completeUpload(id: $id) { key } }", { id })),
    ...ids.map((id) => run("mutation ($id: ID!) { abortUpload(id: $id) }", { id })),
  ]);
  for (const path of ["/metrics", "/readyz", "/healthz", "/graphql?query={viewer{subject}}", "/nowhere"])
    heard.errors.push(await (await fetch(`${client.url}${path}`, { redirect: "manual" })).text());
  return heard;
}

test("no credential, ARN or signature is in a log or an error, and no long-lived credential in a response", async () => {
  const token = await issuer.token({ sub: "alice" });
  await server.seed("a", "a");
  const heard = [await callEverything(token)];
  for (const fault of ["500", "garbage"] as const) {
    faulty.break({ fault, matches: () => true });
    // One has a session, and the other one needs one.
    heard.push(await callEverything(token));
    heard.push(await callEverything(await issuer.token({ sub: `alice-${fault}` })));
    faulty.heal();
  }
  heard.push(await callEverything(`${token.slice(0, -8)}AAAAAAAA`));
  await using refusedServer = await startRefusedServer();
  heard.push(await callEverythingAs(refusedServer.client));

  const responses = heard.flatMap((each) => each.responses);
  const errors = heard.flatMap((each) => each.errors);
  const sessions = gateway.roleSessions;
  // The test would prove nothing if these had not happened.
  expect(sessions.length).toBeGreaterThan(0);
  expect(responses.join()).toContain("X-Amz-Signature");
  expect(errors.join()).toContain("STORAGE_UNAVAILABLE");
  expect(errors.join()).toContain("CREDENTIALS_UNAVAILABLE");
  expect(logged.length).toBeGreaterThan(0);

  const { baseCredentials, roleArn } = store;
  const longLived = [baseCredentials.accessKeyId, baseCredentials.secretAccessKey, secret, externalId];
  const nowhere = [...longLived, ...sessions.map(({ secretAccessKey }) => secretAccessKey)];
  const inUrlsOnly = [
    ...[roleArn, "arn:aws", "X-Amz-Signature", "X-Amz-Security-Token", token.split(".")[2] ?? token],
    ...sessions.map(({ sessionToken }) => sessionToken),
  ];
  expect(linesWith([...nowhere, "arn:aws"], responses)).toEqual([]);
  expect(linesWith([...nowhere, ...inUrlsOnly], errors)).toEqual([]);
  expect(linesWith([...nowhere, ...inUrlsOnly], logged)).toEqual([]);
  // The log has the ids of sessions' access keys, by which CloudTrail finds a session.
  expect(
    linesWith(
      sessions.map(({ accessKeyId }) => accessKeyId),
      errors,
    ),
  ).toEqual([]);
});

const linesWith = (texts: readonly string[], lines: readonly string[]) =>
  lines.filter((line) => texts.some((text) => line.includes(text)));
