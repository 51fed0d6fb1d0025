import { expect, test } from "vitest";
import { requestUpload } from "../../support/operations.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";
import { ownPrefix, store } from "../store.ts";
import { allowPages } from "./cors.ts";

// The other files upload to the main bucket, and a bucket has one set of rules.
const bucket = store.buckets.versioned;
const prefix = ownPrefix("cors");
const server = await shareInFile(
  startTestServer({ store, grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD"] }] }),
);
await allowPages(bucket, "https://app.example.com");

/** The status of the preflight request that a browser sends before it puts a file. */
async function preflight(url: string, origin: string): Promise<number> {
  const headers = {
    origin,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "content-type",
  };
  return (await fetch(url, { method: "OPTIONS", headers })).status;
}

test("the rules of the guide allow pages of their origins, and no others, to send files", async () => {
  const input = { bucket, key: `${prefix}a.txt`, contentType: "text/plain" };
  const { url } = await requestUpload(server.client, "PUT", { input, size: 5 });
  const withoutQuery = url.replace(/\?.*/, "");
  expect(await preflight(withoutQuery, "https://app.example.com")).toBe(200);
  expect(await preflight(withoutQuery, "https://other.example.com")).toBe(403);
  const isRefused = store.differs("checksSignaturesOfPreflights");
  expect(await preflight(url, "https://app.example.com")).toBe(isRefused ? 403 : 200);
});
