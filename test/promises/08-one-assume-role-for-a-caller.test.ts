import { afterEach, beforeEach, expect, test } from "vitest";
import { startBreakingProxy } from "../support/breaking-proxy.ts";
import { untilServed } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { downloadUrl, requestUpload } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const { description: store } = await shareInFile(startTestStore());
const faultySts = await shareInFile(startBreakingProxy(store.endpoint));
const sts = await shareInFile(startRecordingProxy(faultySts.url));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: store.endpoint,
    stsUrl: sts.url,
    grants: [{ who: "authenticated", bucket, prefix: "{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  }),
);
const caller = async (sub: string) => server.client.as(await issuer.token({ sub }));
const own = (sub: string) => ({ bucket, key: `${sub}/a`, verify: false });

beforeEach(() => sts.forget());
afterEach(() => faultySts.heal());

test("200 requests of a new caller at once cost one AssumeRole", async () => {
  const alice = await caller("alice");
  const requests = Array.from({ length: 200 }, () => untilServed(() => downloadUrl(alice, own("alice"))));
  await Promise.all(requests);
  expect(sts.count("AssumeRole")).toBe(1);
});

test("invalid requests cost none", async () => {
  const bob = await caller("bob");
  const invalid = [
    () => downloadUrl(server.client, own("bob")),
    () => downloadUrl(bob, own("alice")),
    () => downloadUrl(bob, { ...own("bob"), bucket: otherBucket }),
    () => downloadUrl(bob, { ...own("bob"), bucket: "Not A Bucket" }),
    () => downloadUrl(bob, { ...own("bob"), key: "" }),
    () => downloadUrl(bob, { ...own("bob"), expiresIn: 0 }),
    () => requestUpload(bob, "PUT", { input: { bucket, key: "bob/a" }, size: -1 }),
    () => bob.data("{ downloadUrl(bucket: 1) { url } }"),
    () => server.client.as("not.a.token").data("{ viewer { subject } }"),
  ];
  for (const attempt of invalid) await expect(attempt()).rejects.toMatchObject({ retryable: false });
  expect(sts.requests).toEqual([]);
});

test("an outage of STS does not reach callers who have a session", async () => {
  const carol = await caller("carol");
  await downloadUrl(carol, own("carol"));
  faultySts.break({ fault: "reset", matches: () => true });
  for (let count = 0; count < 20; count += 1) {
    await expect(untilServed(() => downloadUrl(carol, own("carol")))).resolves.toBeDefined();
  }
  await expect(downloadUrl(await caller("dave"), own("dave"))).rejects.toMatchObject({
    code: "CREDENTIALS_UNAVAILABLE",
    retryable: true,
  });
  await expect(untilServed(() => downloadUrl(carol, own("carol")))).resolves.toBeDefined();
});
