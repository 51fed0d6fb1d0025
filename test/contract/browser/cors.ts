import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type CORSRule, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { admin } from "../store.ts";

/** The pages of every test file, which may run at the same time: each sets the same rules. */
export const loopbackPages = "http://127.0.0.1:*";

/** Sets the rules of docs/guides/cors.md on a bucket, for pages of these origins. */
export async function allowPages(bucket: string, ...origins: readonly string[]): Promise<void> {
  const guide = await readFile(resolve(import.meta.dirname, "../../../docs/guides/cors.md"), "utf8");
  const rules = /```json\n(.*?)```/s.exec(guide)?.[1];
  if (rules === undefined) throw new Error("The guide has no rules in JSON.");
  const { CORSRules } = JSON.parse(rules) as { CORSRules: CORSRule[] };
  await admin.send(
    new PutBucketCorsCommand({
      Bucket: bucket,
      CORSConfiguration: {
        CORSRules: CORSRules.map((rule) => ({ ...rule, AllowedOrigins: [...origins] })),
      },
    }),
  );
}
