import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../src/access/access-file.ts";
import { readCdnKey } from "../../src/access/cdn-key.ts";
import { startCdnBucket } from "../support/cdn-buckets.ts";
import { makeCdnKeyPair } from "../support/cdn-keys.ts";
import { codeBlocks } from "../support/markdown.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { hasOpenssl } from "../support/shell.ts";
import { startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const guide = read("docs/guides/cloudfront.md");

describe("the guide for CloudFront", () => {
  test("has an access file that parses", async () => {
    const { privateKey } = await makeCdnKeyPair("ec");
    const files = codeBlocks("yaml", guide);
    expect(files).toHaveLength(1);
    for (const file of files) {
      const { buckets, warnings } = parseAccessFile(file, "access.yaml", { readKey: () => privateKey });
      expect([...buckets.values()].map(({ cdn }) => cdn?.keyPairId)).toEqual(["K2JCJMDEHXQW5F"]);
      expect(warnings).toEqual([]);
    }
  });

  test("has a query that works, and a key policy that is JSON", async () => {
    await using store = await startTestStore({
      buckets: { main: "media", versioned: "media-versioned", private: "media-private" },
    });
    const { description } = store;
    await using cdn = await startCdnBucket({ store: description, bucket: "media", keyType: "rsa" });
    const grants = [
      { who: "anonymous", bucket: "media", allow: ["DOWNLOAD"], maxExpiresSeconds: 3600 } as const,
    ];
    await using server = await startTestServer({
      store: description,
      grants,
      buckets: { media: cdn.settings },
    });
    await server.seed("films/trailer.mp4", "a film");
    const [query = ""] = codeBlocks("graphql", guide);
    const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(query);
    expect(await (await fetch(downloadUrl.url)).text()).toBe("a film");
    const policies = codeBlocks("json", guide);
    expect(policies).toHaveLength(1);
    for (const policy of policies) expect(JSON.parse(policy)).toMatchObject({ Version: "2012-10-17" });
  });

  test.runIf(hasOpenssl)("creates keys that the server accepts", async () => {
    const commands = codeBlocks("sh", guide);
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      await using folder = await makeTemporaryFolder("openssl");
      await promisify(execFile)("sh", ["-e", "-c", command], { cwd: folder.path });
      expect(readCdnKey(join(folder.path, "cloudfront.pem")).type).toBe("private");
      expect(readFileSync(join(folder.path, "cloudfront.pub.pem"), "utf8")).toContain("BEGIN PUBLIC KEY");
    }
  });
});
