import { describe, expect, test } from "vitest";
import { copyObject } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("copy-limits");
const gateway = await shareInFile(startRecordingProxy(store.endpoint));
const server = await shareInFile(
  startTestServer({
    store,
    s3Url: gateway.url,
    grants: [
      { who: "anonymous", bucket, prefix: `${prefix}from/`, allow: ["DOWNLOAD"] },
      {
        who: "anonymous",
        bucket,
        prefix: `${prefix}images/`,
        allow: ["UPLOAD", "DOWNLOAD"],
        maxUploadBytes: 10,
        contentTypes: ["image/*"],
      },
    ],
  }),
);

const page = "<script>more than ten bytes</script>";
const image = (name: string) => ({ bucket, key: `${prefix}images/${name}` });

async function seedImage(name: string) {
  const from = { bucket, key: `${prefix}from/${name}` };
  await seed(bucket, from.key, "small", { ContentType: "image/png" });
  return from;
}

describe("the limits of the target's grant apply to the stored copy if the original", () => {
  test("changes before the copy", async () => {
    const from = await seedImage("swapped");
    gateway.meanwhile("CopyObject", "before", () =>
      seed(bucket, from.key, page, { ContentType: "text/html" }),
    );
    await expect(copyObject(server.client, from, image("swapped"))).rejects.toMatchObject({
      code: expect.stringMatching(/^(UPLOAD_TOO_LARGE|CONTENT_TYPE_NOT_ALLOWED)$/),
    });
    const stored = await inspect(bucket, image("swapped").key);
    if (store.differs("ignoresCopySourceIfMatch")) expect(stored?.head.ContentType).toBe("image/png");
    else expect(stored).toBeUndefined();
  });

  test("was replaced by the same bytes with another type", async () => {
    const from = await seedImage("retyped");
    gateway.meanwhile("CopyObject", "before", () =>
      seed(bucket, from.key, "small", { ContentType: "text/html" }),
    );
    const copied = await copyObject(server.client, from, image("retyped"));
    expect(copied).toMatchObject({ size: 5, contentType: "image/png" });
    expect((await inspect(bucket, image("retyped").key))?.head.ContentType).toBe("image/png");
  });

  test("was seen earlier in the same request", async () => {
    const from = await seedImage("seen");
    const target = image("seen");
    gateway.meanwhile("CopyObject", "after", () =>
      seed(bucket, from.key, page, { ContentType: "text/html" }),
    );
    const answer = await server.client.request(
      `mutation ($from: ObjectInput!, $one: UploadInput!, $two: UploadInput!) {
        one: copyObject(from: $from, to: $one) { key }
        two: copyObject(from: $from, to: $two) { key }
      }`,
      { from, one: { ...target, key: `${target.key}-1` }, two: { ...target, key: `${target.key}-2` } },
    );
    expect(answer.errors).toMatchObject([
      { path: ["two"], extensions: { code: "CONTENT_TYPE_NOT_ALLOWED", field: "to.contentType" } },
    ]);
    expect((await inspect(bucket, `${target.key}-1`))?.head.ContentType).toBe("image/png");
    expect(await inspect(bucket, `${target.key}-2`)).toBeUndefined();
  });
});
