import type { IncomingMessage } from "node:http";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { startBreakingProxy } from "../support/breaking-proxy.ts";
import { uploadFile } from "../support/operations.ts";
import { startTogether } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
const key = "left";
const isPart = ({ method, url }: IncomingMessage) => method === "PUT" && /[?&]partNumber=2\b/.test(url ?? "");
const isAbort = ({ method }: IncomingMessage) => method === "DELETE";

/** Has the store. It is not itself tested. */
const home = await shareInFile(startTestServer());

/** Starts a server behind a proxy. Its log has errors only. */
function startBehindProxy() {
  return startTogether(async (started) => {
    const proxy = await started.use(startBreakingProxy(home.storeUrl));
    const logged: string[] = [];
    const server = await started.use(
      startTestServer({
        store: home.store,
        grants: [{ who: "anonymous", bucket, allow: ["UPLOAD"] }],
        s3Url: proxy.url,
        stsUrl: home.storeUrl,
        env: { VALETKEY_DRAIN_SECONDS: "1" },
        log: pino({ level: "error" }, { write: (line: string) => logged.push(line) }),
      }),
    );
    return { proxy, server, logged };
  });
}

async function pendingKeys(): Promise<string[]> {
  const { Uploads } = await home.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return (Uploads ?? []).map(({ Key }) => Key ?? "");
}

describe("a server that is stopped", () => {
  test("aborts the uploads that it could not abort before", async () => {
    await using started = await startBehindProxy();
    const { proxy, server, logged } = started;
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

  test("waits for the abort of an upload whose client has disconnected", async () => {
    await using started = await startBehindProxy();
    const { proxy, server, logged } = started;
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(Buffer.alloc(12 * MiB));
    await expect.poll(pendingKeys).toEqual([key]);
    proxy.break({ fault: "503", matches: isAbort, times: 2 });
    upload.destroy();
    await expect.poll(() => proxy.requests.some((each) => each.startsWith("DELETE"))).toBe(true);
    await server.close();
    expect(await pendingKeys()).toEqual([]);
    expect(logged).toEqual([]);
  });

  test("logs an upload that it cannot abort, and stops all the same", async () => {
    await using started = await startBehindProxy();
    const { proxy, server, logged } = started;
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(Buffer.alloc(12 * MiB));
    await expect.poll(pendingKeys).toEqual([key]);
    proxy.break({ fault: "stall", matches: isAbort });
    await server.close();
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { level: 50, bucket, msg: "an upload could not be aborted: sweep the bucket" },
    ]);
    expect(await pendingKeys()).toEqual([key]);
  });
});
