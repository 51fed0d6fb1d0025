import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { noise } from "../support/noise.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { bucket as partnerBucket, startTestStore } from "../support/test-store.ts";

const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const store = inject("storeDescription");
const home = store.buckets.main;

const folder = await shareInFile(makeTemporaryFolder("profiles"));
const partner = (await shareInFile(startTestStore())).description;
const proxy = await shareInFile(startRecordingProxy(partner.endpoint));
const credentialsFile = join(folder.path, "credentials");
await writeFile(
  credentialsFile,
  `[partner]
aws_access_key_id = ${partner.baseCredentials.accessKeyId}
aws_secret_access_key = ${partner.baseCredentials.secretAccessKey}
`,
);
const server = await shareInFile(
  startTestServer({
    store,
    grants: [home, partnerBucket].map((name) => ({ who: "anonymous", bucket: name, allow })),
    buckets: {
      [partnerBucket]: {
        region: partner.region,
        role: partner.roleArn,
        profile: "partner",
        endpoint: proxy.url,
        publicEndpoint: partner.endpoint,
        forcePathStyle: true,
      },
    },
    env: { AWS_SHARED_CREDENTIALS_FILE: credentialsFile },
  }),
);

const upload = async (name: string, key: string, body: Buffer) => {
  const { requestUpload } = await server.client.data<{
    requestUpload: { url: string; headers: { name: string; value: string }[] };
  }>(
    `mutation ($input: UploadInput!, $size: SafeInt!) {
      requestUpload(input: $input, size: $size, method: PUT) { ... on PutUpload { url headers { name value } } }
    }`,
    { input: { bucket: name, key }, size: body.length },
  );
  const headers = requestUpload.headers.map((header): [string, string] => [header.name, header.value]);
  const { status } = await fetch(requestUpload.url, { method: "PUT", body: new Uint8Array(body), headers });
  expect(status).toBe(200);
  return requestUpload.url;
};

const download = async (name: string, key: string) => {
  const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
    "query ($bucket: String!, $key: String!) { downloadUrl(bucket: $bucket, key: $key, verify: true) { url } }",
    { bucket: name, key },
  );
  return Buffer.from(await (await fetch(downloadUrl.url)).arrayBuffer());
};

describe("one server serves two stores", () => {
  test("each bucket with the role, the credentials and the endpoints of its own store", async () => {
    const [atHome, atPartner] = [noise(1_000, 1), noise(1_000, 2)];
    expect(new URL(await upload(home, "two-stores", atHome)).origin).toBe(store.endpoint);
    expect(new URL(await upload(partnerBucket, "two-stores", atPartner)).origin).toBe(partner.endpoint);
    expect((await download(home, "two-stores")).equals(atHome)).toBe(true);
    expect((await download(partnerBucket, "two-stores")).equals(atPartner)).toBe(true);
    // Of the partner's store, the server itself uses the internal endpoint: for STS, and for the HEAD.
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(["AssumeRole", "HeadObject"]);
  });

  test.each([
    [home, partnerBucket],
    [partnerBucket, home],
  ])("copies from %s to %s through the server", async (from, to) => {
    const body = noise(6 * 2 ** 20, 3);
    await upload(from, "to-copy", body);
    const { copyObject } = await server.client.data<{ copyObject: { size: number } }>(
      "mutation ($from: ObjectInput!, $to: UploadInput!) { copyObject(from: $from, to: $to) { size } }",
      { from: { bucket: from, key: "to-copy" }, to: { bucket: to, key: `copied from ${from}` } },
    );
    expect(copyObject.size).toBe(body.length);
    expect((await download(to, `copied from ${from}`)).equals(body)).toBe(true);
  });

  test("in one request: a batch over both", async () => {
    const objects = [home, partnerBucket].map((name) => ({ bucket: name, key: "two-stores" }));
    const { downloadUrls } = await server.client.data<{ downloadUrls: { url: string }[] }>(
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url } }",
      { objects },
    );
    expect(downloadUrls.map(({ url }) => new URL(url).origin)).toEqual([store.endpoint, partner.endpoint]);
  });
});
