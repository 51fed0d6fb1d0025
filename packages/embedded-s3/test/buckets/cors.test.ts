import { readFile } from "node:fs/promises";
import {
  type CORSRule,
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

async function preflight(store: RunningStore, method: string, bucket = Bucket): Promise<Response> {
  return await fetch(`${store.endpoint}/${bucket}/a`, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:5173", "access-control-request-method": method },
  });
}

test("a new bucket has the CORS rules that the documentation recommends, for every origin", async () => {
  const guide = await readFile(new URL("../../../../docs/guides/cors.md", import.meta.url), "utf8");
  const block = /```json\n(\{\n {2}"CORSRules"[\s\S]*?)```/.exec(guide)?.[1] ?? "";
  const documented = (JSON.parse(block) as { CORSRules: CORSRule[] }).CORSRules;
  const { s3 } = await runningStore();
  const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket }));
  expect(CORSRules).toEqual(documented.map((rule) => ({ ...rule, AllowedOrigins: ["*"] })));
});

test("pages can send and read, and see the ETag alone", async () => {
  const store = await runningStore();
  for (const method of ["GET", "PUT", "POST"]) {
    const response = await preflight(store, method);
    expect([response.status, response.headers.get("access-control-expose-headers")]).toEqual([200, "ETag"]);
  }
  for (const method of ["DELETE", "HEAD"]) expect((await preflight(store, method)).status).toBe(403);
});

test("without rules, and without a bucket, no page is allowed", async () => {
  const store = await runningStore();
  await store.s3.send(new DeleteBucketCorsCommand({ Bucket }));
  const missing = await refusal(store.s3.send(new GetBucketCorsCommand({ Bucket })));
  expect(missing).toEqual({ name: "NoSuchCORSConfiguration", status: 404 });
  for (const bucket of [Bucket, "missing-bucket"]) {
    const response = await preflight(store, "PUT", bucket);
    expect(response.status).toBe(403);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    const read = await fetch(`${store.endpoint}/${bucket}/a`, {
      headers: { origin: "http://localhost:5173" },
    });
    expect(read.headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("rules of a bucket's own replace the first ones", async () => {
  const store = await runningStore();
  const CORSRules = [{ AllowedOrigins: ["http://localhost:5173"], AllowedMethods: ["DELETE"] }];
  await store.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  expect((await preflight(store, "DELETE")).headers.get("access-control-allow-origin")).toBe(
    "http://localhost:5173",
  );
  expect((await preflight(store, "PUT")).status).toBe(403);
});
