import { STSClient, AssumeRoleCommand } from "@aws-sdk/client-sts";
import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3";
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { parseBucketName, parseObjectKey, type Region } from "../../../src/object-address.ts";
import { AbandonedUploads } from "../../../src/storage/abandoned-uploads.ts";
import { deleteObjects } from "../../../src/storage/delete-objects.ts";
import { headObject } from "../../../src/storage/head-object.ts";
import { streamUpload } from "../../../src/storage/streamed-upload.ts";
import { UploadBudget } from "../../../src/storage/upload-budget.ts";
import { copyObject } from "../../../src/storage/copy-object.ts";

const e = process.env as Record<string, string>;
const region = "us-east-1" as Region;
const bucket = parseBucketName(e.RGW_BUCKET ?? "x");
const MiB = 1024 ** 2;
const abandoned = new AbandonedUploads();

async function session(statements: unknown[]) {
  const sts = new STSClient({ region, endpoint: e.RGW_STS_ENDPOINT, credentials: { accessKeyId: e.RGW_ACCESS_KEY_ID!, secretAccessKey: e.RGW_SECRET_ACCESS_KEY! } });
  const { Credentials: c } = await sts.send(new AssumeRoleCommand({ RoleArn: e.RGW_ROLE_ARN, RoleSessionName: "h5", Policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }) }));
  return new S3Client({ region, endpoint: e.RGW_ENDPOINT, forcePathStyle: true, credentials: { accessKeyId: c!.AccessKeyId!, secretAccessKey: c!.SecretAccessKey!, sessionToken: c!.SessionToken! }, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
}
const allow = (Action: string[], prefix: string) => ({ Effect: "Allow", Action, Resource: [`arn:aws:s3:::${bucket}/${prefix}*`] });

it.runIf(e.RGW_BUCKET)("narrow sessions on ceph", async () => {
  const s3 = await session([allow(["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], "up/")]);
  const send = (key: string, size: number, headers = {}) => streamUpload({ s3: async () => s3, address: { region, bucket, key: parseObjectKey(key) }, body: Readable.from([randomBytes(size)], { objectMode: false }), limitBytes: 64 * MiB, headers, budget: new UploadBudget({ totalBytes: 64 * MiB }), abandoned });
  console.log(await send("up/small", 10));
  console.log(await send("up/large", 11 * MiB));
  console.log(await send("up/once", 11 * MiB, { "if-none-match": "*" }));
  for (const size of [10, 11 * MiB]) console.log(await send("outside", size).catch((x) => [x.code, x.retryable]));
  console.log("head", await headObject(s3, { region, bucket, key: parseObjectKey("up/small") }).catch((x) => x.code));
  const del = await session([allow(["s3:DeleteObject"], "up/")]);
  console.log(await deleteObjects(del, { region, bucket }, ["up/small", "up/none", "outside"].map((key) => ({ key }))));
  const cp = await session([allow(["s3:GetObject", "s3:PutObject"], "up/")]);
  console.log(await copyObject({ s3: cp, from: { region, bucket, key: parseObjectKey("up/large") }, to: { region, bucket, key: parseObjectKey("up/copy + é") }, headers: {} }));
  console.log(await copyObject({ s3: cp, from: { region, bucket, key: parseObjectKey("up/large") }, to: { region, bucket, key: parseObjectKey("other") }, headers: {} }).catch((x) => x.code));
  console.log("head missing without list", await headObject(cp, { region, bucket, key: parseObjectKey("up/nope") }).catch((x) => x.code));
  console.log("head outside", await headObject(cp, { region, bucket, key: parseObjectKey("nope/nope") }).catch((x) => x.code));
});

it("memory", { timeout: 300_000 }, async () => {
  let n = 0;
  const sink = createServer((req, res) => {
    req.resume();
    req.on("end", () => {
      n += 1;
      const url = req.url ?? "";
      if (req.method === "POST" && url.includes("uploads")) res.end(`<InitiateMultipartUploadResult><UploadId>u${n}</UploadId></InitiateMultipartUploadResult>`);
      else if (req.method === "POST") res.end(`<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>`);
      else res.setHeader("etag", '"0123456789abcdef0123456789abcdef"').end();
    });
  }).listen(0);
  const s3 = new S3Client({ region, endpoint: `http://127.0.0.1:${(sink.address() as { port: number }).port}`, forcePathStyle: true, credentials: { accessKeyId: "a", secretAccessKey: "b" }, requestChecksumCalculation: "WHEN_REQUIRED" });
  const budget = new UploadBudget({ totalBytes: 128 * MiB, maxWaitMs: 120_000 });
  const run = (size: number) => {
    let left = size;
    const body = new Readable({ read() { const c = Math.min(65536, left); left -= c; this.push(c > 0 ? Buffer.alloc(c, 1) : null); } });
    return streamUpload({ s3: async () => s3, address: { region, bucket: parseBucketName("bucket"), key: parseObjectKey("k") }, body, limitBytes: 5 * 1024 * MiB, headers: {}, budget, abandoned });
  };
  await run(20 * MiB);
  for (const [count, size] of [[1, 600], [1, 100], [10, 100], [50, 100]] as const) {
    const base = process.memoryUsage().rss; let peak = base; let ab = 0; let heap = 0;
    const timer = setInterval(() => { const m = process.memoryUsage(); peak = Math.max(peak, m.rss); ab = Math.max(ab, m.arrayBuffers); heap = Math.max(heap, m.heapTotal); }, 20);
    const t = Date.now();
    await Promise.all(Array.from({ length: count }, () => run(size * MiB)));
    clearInterval(timer);
    console.log(`${count} x ${size} MiB: +${Math.round((peak - base) / MiB)} MiB rss (peak ${Math.round(peak / MiB)}) arrayBuffers ${Math.round(ab / MiB)} heap ${Math.round(heap / MiB)} in ${Date.now() - t} ms`);
  }
  sink.close(); sink.closeAllConnections();
});
