import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, test } from "vitest";
import { requestUpload } from "../support/operations.ts";
import { sendPost } from "../support/presigned-requests.ts";
import { startServer } from "../support/server.ts";
import { admin, noise, ownPrefix, store } from "./store.ts";
const bucket = store.buckets.main;
const prefix = ownPrefix("zz");
const server = await startServer({ store, grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD"] }] });
afterAll(() => server.close());
test("x", async () => {
  const body = noise(1000);
  const u = await requestUpload(server.client, "POST", { input: { bucket, key: `${prefix}a`, contentType: "text/plain" }, size: 1000 });
  console.log(u.url, u.fields, Buffer.from(u.fields.find((f) => f.name.toLowerCase() === "policy")?.value ?? "", "base64").toString());
  const r = await sendPost(u, body); console.log(r.status, Object.fromEntries(r.headers), await r.text());
  const r2 = await sendPost(u, body.subarray(1)); console.log(r2.status, await r2.text());
  console.log((await admin.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "" }))).Contents);
});
