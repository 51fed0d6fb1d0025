import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ValetKeySession } from "../../../src/index.ts";
import { startLibrary, type TestLibrary } from "../../support/library.ts";

const alice = { authenticated: true, subject: "alice" } as const;

let library: TestLibrary;
let session: ValetKeySession;
beforeAll(async () => {
  library = await startLibrary({
    grants: {
      grants: [
        {
          who: "authenticated",
          bucket: "private",
          prefix: "users/{sub}/",
          allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
        },
        {
          who: "authenticated",
          bucket: "private",
          prefix: "limited/{sub}/",
          allow: ["UPLOAD"],
          maxUploadBytes: 10,
          contentTypes: ["image/*"],
        },
        { who: "authenticated", bucket: "no-such-bucket", allow: ["DOWNLOAD", "LIST"] },
        { who: "service", bucket: "private", allow: ["DOWNLOAD", "LIST"] },
      ],
    },
    multipartBytes: 6 * 2 ** 20,
  });
  session = library.valetKey.for(alice);
});
afterAll(() => library.close());

const mine = (name: string) => ({ bucket: "private", key: `users/alice/${name}` });
const store = (name: string, body = "content") =>
  session.uploadStream(Readable.from([Buffer.from(body)]), mine(name));

describe("downloadUrl", () => {
  test("works until it expires", async () => {
    await store("download.txt");
    const before = Date.now();
    const { url, expiresAt } = await session.downloadUrl(mine("download.txt"), { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("content");
    expect(expiresAt.getTime() - before).toBeGreaterThan(50_000);
    expect(expiresAt.getTime() - before).toBeLessThan(120_000);
  });

  test("verifies that the object exists unless it is told not to", async () => {
    await expect(session.downloadUrl(mine("missing"))).rejects.toMatchObject({
      name: "ValetKeyError",
      code: "OBJECT_NOT_FOUND",
      retryable: false,
    });
    const { url } = await session.downloadUrl(mine("missing"), { verify: false });
    expect((await fetch(url)).ok).toBe(false);
  });
});
