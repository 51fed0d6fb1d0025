import type { IncomingMessage } from "node:http";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { type BreakingProxy, startBreakingProxy } from "../support/breaking-proxy.ts";
import { uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer, type TestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
const key = "left";
const isPart = ({ method, url }: IncomingMessage) => method === "PUT" && /[?&]partNumber=2\b/.test(url ?? "");
const isAbort = ({ method }: IncomingMessage) => method === "DELETE";

/** Has the store, and is not itself what is tested. */
const home: TestServer = await shareInFile(startTestServer());

let proxy: BreakingProxy;
let server: TestServer;
let logged: string[];
beforeEach(async () => {
  proxy = await startBreakingProxy(home.storeUrl);
  logged = [];
  server = await startTestServer({
    store: home.store,
    grants: [{ who: "anonymous", bucket, allow: ["UPLOAD"] }],
    s3Url: proxy.url,
    stsUrl: home.storeUrl,
    env: { VALETKEY_DRAIN_SECONDS: "1" },
    log: pino({ level: "error" }, { write: (line: string) => logged.push(line) }),
  });
  return () => proxy[Symbol.asyncDispose]();
});

async function pendingKeys(): Promise<string[]> {
  const { Uploads } = await home.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return (Uploads ?? []).map(({ Key }) => Key ?? "");
}

describe("a server that is stopped", () => {
  test("aborts what it could not abort before", async () => {
    proxy.break({ fault: "503", matches: isPart });
    proxy.break({ fault: "reset", matches: isAbort });
    const file = new Blob([Buffer.alloc(12 * MiB)]);
    await expect(uploadFile(server.client, file, { bucket, key })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    expect(await pendingKeys()).toEqual([key]);
    proxy.heal();
    await server.close();
    expect(await pendingKeys()).toEqual([]);
    expect(logged).toEqual([]);
  });

  test("waits for the abort of an upload whose client is gone", async () => {
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(Buffer.alloc(12 * MiB));
    await expect.poll(pendingKeys, { timeout: 10_000 }).toEqual([key]);
    proxy.break({ fault: "503", matches: isAbort, times: 2 });
    upload.destroy();
    await expect.poll(() => proxy.requests.some((each) => each.startsWith("DELETE"))).toBe(true);
    await server.close();
    expect(await pendingKeys()).toEqual([]);
    expect(logged).toEqual([]);
  });

  test("tells of what stays behind, and ends in time all the same", async () => {
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(Buffer.alloc(12 * MiB));
    await expect.poll(pendingKeys, { timeout: 10_000 }).toEqual([key]);
    proxy.break({ fault: "stall", matches: isAbort });
    await server.close();
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { level: 50, bucket, msg: "an upload could not be aborted: sweep the bucket" },
    ]);
    expect(await pendingKeys()).toEqual([key]);
  });
});
