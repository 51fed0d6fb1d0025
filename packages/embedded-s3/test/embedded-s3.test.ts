import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { startEmbeddedS3 } from "../src/index.ts";
import { temporaryDirectory } from "./running-store.ts";

async function temporaryFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("embedded-s3-"));
}

test("a store needs no options, and leaves no folder behind", async () => {
  const before = await temporaryFolders();
  let endpoint: string;
  let folders: string[];
  {
    await using store = await startEmbeddedS3();
    ({ endpoint } = store);
    folders = (await temporaryFolders()).filter((name) => !before.includes(name));
    expect((await fetch(endpoint)).status).toBe(403);
  }
  expect(folders.length).toBeGreaterThan(0);
  await expect(fetch(endpoint)).rejects.toThrow();
  expect(await temporaryFolders()).not.toEqual(expect.arrayContaining(folders));
});

test("closing a store a second time has no effect", async () => {
  const store = await startEmbeddedS3();
  await Promise.all([store.close(), store.close()]);
  await store[Symbol.asyncDispose]();
});

test("close does not remove a folder that was given", async () => {
  const directory = await temporaryDirectory();
  await (await startEmbeddedS3({ directory })).close();
  expect(existsSync(directory)).toBe(true);
});

test("a new store has the buckets of the options", async () => {
  await using store = await startEmbeddedS3({ buckets: ["photos", "thumbnails"] });
  const { endpoint, region, credentials } = store;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const { Buckets } = await s3.send(new ListBucketsCommand());
  s3.destroy();
  expect(Buckets?.map(({ Name }) => Name)).toEqual(["photos", "thumbnails"]);
});

test("a role takes its policy as an object", async () => {
  const Statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const role = { name: "reader", policy: { Version: "2012-10-17", Statement }, maxSessionSeconds: 900 };
  await using store = await startEmbeddedS3({ roles: [role] });
  const { endpoint, region, credentials } = store;
  const sts = new STSClient({ endpoint, region, credentials });
  const RoleArn = "arn:aws:iam::000000000000:role/reader";
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "alice" }));
  sts.destroy();
  expect(Credentials?.AccessKeyId).toMatch(/^ASIA/);
});

test("a role whose policy is not valid keeps the store from starting", async () => {
  const directory = await temporaryDirectory();
  const start = startEmbeddedS3({ directory, roles: [{ name: "broken", policy: "{" }] });
  await expect(start).rejects.toThrow("invalid Json");
  await (await startEmbeddedS3({ directory })).close();
});
