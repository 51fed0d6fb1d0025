import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { download, upload } from "../../examples/web/valet-key.ts";
import { startIssuer } from "../support/issuer.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [{ who: "authenticated", bucket, allow: ["UPLOAD", "DOWNLOAD"] }],
  }),
);
const anonymous = { url: `${server.url}/graphql` };
const alice = { ...anonymous, token: await issuer.token({ sub: "alice" }) };

describe("examples/web/valet-key.ts", () => {
  test.each([
    ["one PUT", 1_000],
    ["parts", 70 * 2 ** 20],
  ])("uploads and downloads, by %s", async (_way, size) => {
    const bytes = randomBytes(size);
    await upload(alice, bucket, `web/${size}`, new Blob([bytes]));
    const stored = await download(alice, bucket, `web/${size}`);
    expect(bytes.equals(Buffer.from(await stored.arrayBuffer()))).toBe(true);
  });

  test("throws the server's code, and whether to try again", async () => {
    await expect(download(anonymous, bucket, "web/1000")).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      retryable: false,
    });
  });
});
