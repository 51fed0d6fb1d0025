import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { createValetKey } from "@valetkey/client";
import { expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [{ who: "anonymous", bucket, prefix: "shared/", allow: ["LIST", "CREDENTIALS"] }],
  }),
);
const client = createValetKey({ url: `${server.url}/graphql` });
const options = { bucket, prefix: "shared/", actions: ["LIST"] } as const;

test("requestCredentials returns credentials, and where to use them", async () => {
  const { expiresAt, ...issued } = await client.requestCredentials({ ...options, durationSeconds: 1_800 });
  expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 1_700_000);
  expect(issued).toMatchObject({
    bucket,
    prefix: "shared/",
    endpoint: server.storeUrl,
    forcePathStyle: true,
  });
});

test("requestCredentials throws the server's error", async () => {
  const refused = client.requestCredentials({ ...options, actions: ["DELETE"] });
  await expect(refused).rejects.toMatchObject({ name: "ValetKeyError", code: "FORBIDDEN" });
});

test("credentialProvider is asked once by an S3 client, until its credentials expire", async () => {
  const provide = client.credentialProvider(options);
  const keys: string[] = [];
  const s3 = new S3Client({
    endpoint: server.storeUrl,
    region: server.store.region,
    forcePathStyle: true,
    credentials: async () => {
      const credentials = await provide();
      keys.push(credentials.accessKeyId);
      return credentials;
    },
  });
  await server.seed("shared/a", "a");
  for (let time = 1; time <= 3; time += 1) {
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "shared/" }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(["shared/a"]);
  }
  s3.destroy();
  expect(keys).toHaveLength(1);
});
