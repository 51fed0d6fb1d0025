import { expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const grants = [{ who: "authenticated", bucket, allow: ["UPLOAD"] }] as const;
const server = await shareInFile(startTestServer({ issuer, grants }));

test("a caller who sends 256 forms at once is refused another one, and other callers are served", async () => {
  const [busy, other] = await Promise.all(["busy", "other"].map((sub) => issuer.token({ sub })));
  const header = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${busy}\r\nApollo-Require-Preflight: 1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n`;
  const port = Number(new URL(server.url).port);
  const upload = (token: string | undefined, key: string) =>
    server.client
      .as(token ?? "")
      .dataWithFile(uploadFileMutation, { input: { bucket, key } }, new Blob(["a file"]))
      .then(
        () => "stored",
        (error: { code: string; status: number }) => `${error.code} ${error.status}`,
      );

  const connections = Array.from({ length: 256 }, () => new RawConnection(port).send(header));
  try {
    await expect.poll(() => upload(busy, "busy")).toBe("RATE_LIMITED 429");
    expect(await upload(other, "other")).toBe("stored");
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
  await expect.poll(() => upload(busy, "busy")).toBe("stored");
});
