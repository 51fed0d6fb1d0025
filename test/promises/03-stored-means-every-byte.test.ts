import { createHash } from "node:crypto";
import { GetObjectCommand, NoSuchKey } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fault, startBreakingProxy } from "../support/breaking-proxy.ts";
import { GraphQLFailure } from "../support/graphql-client.ts";
import { uploadsInFlight } from "../support/metrics.ts";
import { beginUpload, sendPart } from "../support/multipart-uploads.ts";
import { noise } from "../support/noise.ts";
import { completeUpload, uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const MiB = 2 ** 20;
const { description: store } = await shareInFile(startTestStore());
const faulty = await shareInFile(startBreakingProxy(store.endpoint));
const server = await shareInFile(startTestServer({ store, s3Url: faulty.url, stsUrl: store.endpoint }));
const { client, admin } = server;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Of an object's bytes, or undefined if there is no object. */
async function storedSha256(key: string): Promise<string | undefined> {
  try {
    const { Body } = await admin.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return sha256((await Body?.transformToByteArray()) ?? new Uint8Array());
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

const sizes = [0, 1, 65_535, 5 * MiB - 1, 8 * MiB, 8 * MiB + 1, 13 * MiB];
const faults: readonly Fault[] = ["reset", "500", "503", "lost", "garbled", "cut-off"];

test("an upload that is acknowledged has every byte, in order, whatever happens between the server and S3", async () => {
  const upload = fc.record({
    size: fc.constantFrom(...sizes),
    breaks: fc.array(fc.record({ fault: fc.constantFrom(...faults), skip: fc.integer({ min: 0, max: 4 }) }), {
      maxLength: 2,
    }),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(upload, async ({ size, breaks }) => {
      count += 1;
      const key = `acknowledged/${count}`;
      const bytes = noise(size);
      for (const each of breaks)
        faulty.break({ ...each, times: 1, matches: ({ url = "" }) => url.includes(key) });
      const acknowledged = await uploadFile(client, new Blob([bytes]), { bucket, key }).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(GraphQLFailure);
          return false;
        },
      );
      faulty.heal();
      if (breaks.length === 0) expect(acknowledged).toBe(true);
      const stored = await storedSha256(key);
      if (acknowledged || stored !== undefined) expect(stored).toBe(sha256(bytes));
    }),
    { numRuns: 25 },
  );
});

describe("what is cut short is not stored:", () => {
  test("a file whose sender disconnects", async () => {
    const upload = beginSlowUpload(server.url, { bucket, key: "cut/short.bin" });
    await upload.write(noise(9 * MiB));
    upload.destroy();
    await expect.poll(() => uploadsInFlight(server.url)).toBe(0);
    expect(await storedSha256("cut/short.bin")).toBeUndefined();
  });

  test("a multipart upload without its last part", async () => {
    const upload = await beginUpload(client, { bucket, key: "cut/parts.bin" });
    await sendPart(upload, 1);
    await expect(completeUpload(client, upload.id)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
    expect(await storedSha256("cut/parts.bin")).toBeUndefined();
  });
});
