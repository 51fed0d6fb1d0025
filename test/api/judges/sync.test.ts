import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { commandLineClients } from "../../support/command-line-clients.ts";
import { noise } from "../../support/noise.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestStore } from "../../support/test-store.ts";

const { description: store } = await shareInFile(startTestStore());
const { endpoint, region, adminCredentials: credentials } = store;
const folder = (await shareInFile(makeTemporaryFolder("sync"))).path;
const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });

/** Names that each client encodes in its own way, and a file that is sent in parts. */
const files = new Map<string, Buffer>([
  ["a file  of three words.txt", Buffer.from("words")],
  ["sub folder/1+1=2&3.txt", Buffer.from("sum")],
  ["100%/%20.txt", Buffer.from("percent")],
  ["한국어/é.txt", Buffer.from("unicode")],
  ["empty", Buffer.alloc(0)],
  ["large.bin", noise(9 * 2 ** 20)],
]);

describe.each(commandLineClients)("$name", ({ name, isInstalled, packageName, with: clientWith }) => {
  test.skipIf(!isInstalled)(`syncs a folder to the store and back (needs ${packageName})`, async () => {
    const run = clientWith({ endpoint, region, credentials, folder });
    const target = `s3://${bucket}/${packageName}/`;
    const sent = join(folder, `${packageName}-sent`);
    await writeFiles(sent);
    await run("sync", `${sent}/`, target);
    for (const [file, bytes] of files)
      expect((await read(`${packageName}/${file}`)).equals(bytes), `${name}: ${file}`).toBe(true);

    const received = join(folder, `${packageName}-received`);
    await mkdir(received);
    await run("sync", target, `${received}/`);
    expect(await namesBelow(received)).toEqual([...files.keys()].sort());
    for (const [file, bytes] of files)
      expect((await readFile(join(received, file))).equals(bytes), `${name}: ${file}`).toBe(true);
  });
});

async function writeFiles(path: string): Promise<void> {
  for (const [file, bytes] of files) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), bytes);
  }
}

async function read(key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function namesBelow(path: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(path, { recursive: true }))
    if ((await stat(join(path, name))).isFile()) names.push(name);
  return names.sort();
}
