import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, symlink, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { startEmbeddedS3 } from "../src/index.ts";
import { bucket as Bucket, refusal, runningStore, temporaryDirectory } from "./running-store.ts";

/** A closed store's folder with the objects a and b in it. */
async function closedStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await runningStore({ directory });
  for (const Key of ["a", "b"]) await store.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  await store.beginUpload("pending");
  await store.close();
  return directory;
}

async function filesBelow(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

async function startFault(directory: string): Promise<string> {
  try {
    await (await startEmbeddedS3({ directory })).close();
  } catch (error) {
    expect(error).toMatchObject({ name: "StoreStartError", option: "directory" });
    return (error as Error).message;
  }
  return "It started.";
}

describe("a folder that the store did not make", () => {
  test("is refused by the name of what is in it, and left as it is", async () => {
    const directory = await temporaryDirectory();
    for (const own of ["blobs/ab", "buckets/mine"]) await mkdir(join(directory, own), { recursive: true });
    await writeFile(join(directory, "blobs/ab/thesis.txt"), "years of work");
    await writeFile(join(directory, "buckets/mine/list.txt"), "milk");
    const before = await filesBelow(directory);
    expect(await startFault(directory)).toMatch(/^holds "blobs", which the store did not make; takes /);
    expect(await filesBelow(directory)).toEqual(before);
  });

  test("is taken if it is empty", async () => {
    expect(await startFault(await temporaryDirectory())).toBe("It started.");
  });
});

describe("symbolic links", () => {
  test.each(["blobs", "buckets", "blobs/shard", "buckets/demo", "buckets/demo/objects"])(
    "%s is not followed",
    async (place) => {
      const directory = await closedStore();
      const [shard = ""] = await readdir(join(directory, "blobs"));
      const link = join(directory, place.replace("shard", shard));
      const outside = join(await temporaryDirectory(), basename(link));
      await rename(link, outside);
      await writeFile(join(outside, "thesis.txt"), "years of work");
      const before = await filesBelow(outside);
      await symlink(outside, link);
      expect(await startFault(directory)).toContain(`${JSON.stringify(link)} is a symbolic link`);
      expect(await filesBelow(outside)).toEqual(before);
    },
  );

  test("a file that the store did not create is left alone", async () => {
    const directory = await closedStore();
    const note = join(directory, "blobs", "note.txt");
    await writeFile(note, "mine");
    await (await startEmbeddedS3({ directory })).close();
    expect(await readFile(note, "utf8")).toBe("mine");
  });
});

describe("damaged files", () => {
  test.each([
    ["empty", ""],
    ["cut off", '{"key":"a","vers'],
    ["of another shape", "{}"],
  ])("an object's record that is %s costs that object alone", async (_, text) => {
    const directory = await closedStore();
    const objects = join(directory, "buckets", Bucket, "objects");
    const blobsBefore = await filesBelow(join(directory, "blobs"));
    for (const name of await readdir(objects)) {
      const path = join(objects, name);
      if (JSON.parse(await readFile(path, "utf8")).key === "a") await writeFile(path, text);
    }
    const lines: string[] = [];
    const { s3 } = await runningStore({ directory, log: (line) => lines.push(line) });
    expect((await refusal(s3.send(new GetObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
    await s3.send(new GetObjectCommand({ Bucket, Key: "b" }));
    expect(lines.join("\n")).toMatch(/objects\/.*\.json" is damaged.*delete it/);
    // The bytes of an object whose record is damaged may be needed to restore it.
    expect(await filesBelow(join(directory, "blobs"))).toEqual(blobsBefore);
  });

  test("a damaged bucket or upload is left out, and kept on disk", async () => {
    const directory = await closedStore();
    const bucketFolder = join(directory, "buckets", Bucket);
    const [upload = ""] = await readdir(join(bucketFolder, "uploads"));
    await truncate(join(bucketFolder, "uploads", upload, "upload.json"));
    await (await startEmbeddedS3({ directory })).close();
    expect(await readdir(join(bucketFolder, "uploads"))).toEqual([upload]);
    await truncate(join(bucketFolder, "bucket.json"));
    const { s3 } = await runningStore({ directory });
    expect((await refusal(s3.send(new HeadBucketCommand({ Bucket })))).status).toBe(404);
    expect(await readdir(join(bucketFolder, "objects"))).toHaveLength(2);
  });

  test("damaged keys keep the store from starting, and the message says which file", async () => {
    const directory = await closedStore();
    await truncate(join(directory, "keys.json"));
    expect(await startFault(directory)).toMatch(/keys\.json" is damaged/);
  });
});

test("a later start creates the buckets that are missing", async () => {
  const directory = await closedStore();
  const { s3 } = await runningStore({ directory, buckets: [Bucket, "new-bucket"] });
  for (const name of [Bucket, "new-bucket"]) await s3.send(new HeadBucketCommand({ Bucket: name }));
});

describe("reasons", () => {
  test("a folder that cannot be created says why, at once", async () => {
    expect(await startFault("/proc/valetkey/data")).toMatch(/^cannot be used: .*\(ENOENT\)/);
    const file = join(await temporaryDirectory(), "a-file");
    await writeFile(file, "");
    for (const path of [file, join(file, "below")]) {
      expect(await startFault(path)).toMatch(/^cannot be used: .*is not a folder \(ENOTDIR\)/);
    }
  });

  test("a disk that is full is a 507 that says so", async () => {
    const lines: string[] = [];
    const { s3 } = await runningStore({ log: (line) => lines.push(line) });
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: Buffer.alloc(300_000) }));
    // The kernel refuses larger files of this process, as it would on a full disk.
    await limitFileSize("100000");
    try {
      expect(await refusal(put())).toEqual({ name: "InsufficientStorage", status: 507 });
    } finally {
      await limitFileSize("unlimited");
    }
    expect(lines.join("\n")).toContain("EFBIG");
    await put();
  });
});

async function limitFileSize(limit: string): Promise<void> {
  await promisify(execFile)("prlimit", ["--pid", String(process.pid), `--fsize=${limit}:`]);
}
