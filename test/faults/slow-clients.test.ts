import { expect, test } from "vitest";
import { uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());

test("a small file is stored beside more slow clients than memory has room for", {
  timeout: 60_000,
}, async () => {
  // Just fast enough not to be cut off, and 5 MiB of memory for each are more than there is.
  const slow = Array.from({ length: 60 }, (_, index) =>
    beginSlowUpload(server.url, { bucket, key: `slow/${index}` }),
  );
  const pace = setInterval(() => {
    for (const each of slow) each.write(Buffer.alloc(1200));
  }, 1000);
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const small = uploadFile(server.client, new Blob(["small"]), { bucket, key: "small" });
    await expect(small).resolves.toMatchObject({ key: "small", size: 5 });
    const [first] = slow;
    expect(await first?.answer).toContain('"OVERLOADED"');
  } finally {
    clearInterval(pace);
    for (const each of slow) each.destroy();
  }
});
