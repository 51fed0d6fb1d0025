import { expect, test } from "vitest";
import { confirmUpload, requestUpload } from "../support/operations.ts";
import { sendPost } from "../support/presigned-requests.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, refused, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("max-size");
// On a store that cannot combine a POST with a session policy, sessions have none, and only the POST policy is tested.
const sts = store.differs("storesNoPostUnderSessionPolicy")
  ? await shareInFile(startRewritingSts(store, ({ Policy: _, ...asked }) => asked))
  : undefined;
const { client } = await shareInFile(
  startTestServer({
    store,
    stsUrl: sts?.url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD", "DOWNLOAD"] }],
  }),
);

const maxSize = 1000;
const requestForm = (key: string) =>
  requestUpload(client, "POST", { input: { bucket, key, contentType: "text/plain" }, maxSize });

test.each([0, 1, maxSize])(
  "a form with maxSize stores a file of %i bytes, and its receipt confirms it",
  async (size) => {
    const key = `${prefix}of-${size}`;
    const upload = await requestForm(key);
    const body = noise(size);
    expect((await sendPost(upload, body)).ok).toBe(true);
    expect((await inspect(bucket, key))?.body).toEqual(body);
    expect(await confirmUpload(client, upload.receipt)).toMatchObject({ bucket, key, size });
  },
);

test("a form with maxSize refuses a file with one byte more, and nothing is stored or confirmed", async () => {
  const key = `${prefix}larger`;
  const upload = await requestForm(key);
  expect(refused).toContain((await sendPost(upload, noise(maxSize + 1))).status);
  expect(await inspect(bucket, key)).toBeUndefined();
  await expect(confirmUpload(client, upload.receipt)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
});
