import { expect, test } from "vitest";
import { uploadsInFlight } from "../support/metrics.ts";
import { uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());

test("a small file is stored while more slow clients upload than memory has room for", async () => {
  // Fast enough not to be cut off for their pace. 5 MiB of memory for each of them are more than there is.
  const slow = Array.from({ length: 60 }, (_, index) =>
    beginSlowUpload(server.url, { bucket, key: `slow/${index}` }),
  );
  const pace = setInterval(() => {
    for (const each of slow) each.write(Buffer.alloc(12_000));
  }, 1000);
  try {
    await expect.poll(() => uploadsInFlight(server.url)).toBe(slow.length);
    const small = uploadFile(server.client, new Blob(["small"]), { bucket, key: "small" });
    await expect(small).resolves.toMatchObject({ key: "small", size: 5 });
    const [first] = slow;
    expect(await first?.answer).toContain('"OVERLOADED"');
  } finally {
    clearInterval(pace);
    for (const each of slow) each.destroy();
  }
});
