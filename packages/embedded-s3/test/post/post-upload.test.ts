import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { describe, expect, test } from "vitest";
import { allowing, bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

type Post = Awaited<ReturnType<typeof createPresignedPost>>;

async function presign(store: RunningStore, options: Partial<PresignedPostOptions> = {}): Promise<Post> {
  return await createPresignedPost(await store.session(), { Bucket, Key: "a", ...options });
}

async function send(
  post: Post,
  file: Blob | undefined,
  more: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...post.fields, ...more })) form.append(name, value);
  if (file !== undefined) form.append("file", file, "pictures of ü.txt");
  return await fetch(post.url, { method: "POST", body: form, redirect: "manual" });
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${/<Code>(.*?)</.exec(await response.text())?.[1]}`;
}

const hello = new Blob(["hello"]);

test("a form stores its file as the object that the fields describe", async () => {
  const store = await runningStore();
  const tagging = "<Tagging><TagSet><Tag><Key>t</Key><Value>1</Value></Tag></TagSet></Tagging>";
  const Fields = { "Content-Type": "text/x", "x-amz-meta-m": "1", tagging };
  const response = await send(await presign(store, { Fields }), hello);
  expect(response.status).toBe(204);
  const got = await store.s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  expect(await got.Body?.transformToString()).toBe("hello");
  expect(got).toMatchObject({
    ContentType: "text/x",
    Metadata: { m: "1" },
    ETag: response.headers.get("etag"),
  });
  const { TagSet } = await store.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }));
  expect(TagSet).toEqual([{ Key: "t", Value: "1" }]);
  expect(store.requests.at(-3)).toMatchObject({ operation: "PostObject", bucket: Bucket, status: 204 });
});

test("success_action_status and success_action_redirect determine the response", async () => {
  const store = await runningStore();
  const created = await send(await presign(store, { Fields: { success_action_status: "201" } }), hello);
  expect([created.status, await created.text()]).toEqual([201, expect.stringContaining("<Key>a</Key>")]);
  const ok = await send(await presign(store, { Fields: { success_action_status: "200" } }), hello);
  expect([ok.status, await ok.text()]).toEqual([200, ""]);
  const success_action_redirect = "http://127.0.0.1:9/done?x=1";
  const redirect = await send(await presign(store, { Fields: { success_action_redirect } }), hello);
  expect(redirect.status).toBe(303);
  expect(redirect.headers.get("location")).toMatch(
    /^http:\/\/127\.0\.0\.1:9\/done\?x=1&bucket=demo&key=a&etag=%22/,
  );
});

test("${filename} is replaced by the name of the file", async () => {
  const store = await runningStore();
  const post = await presign(store, { Key: "in/${filename}" });
  expect((await send(post, hello)).status).toBe(204);
  const got = await store.s3.send(new GetObjectCommand({ Bucket, Key: "in/pictures of ü.txt" }));
  expect(await got.Body?.transformToString()).toBe("hello");
});

describe("the store refuses, and stores nothing of,", () => {
  async function expectNothing(store: RunningStore) {
    expect((await refusal(store.s3.send(new HeadObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
    const blobs = await readdir(join(store.directory, "blobs"), { recursive: true }).catch(() => []);
    expect(blobs.filter((name) => name.includes("/"))).toEqual([]);
  }

  test("a file outside content-length-range", async () => {
    const store = await runningStore();
    const post = await presign(store, { Conditions: [["content-length-range", 3, 4]] });
    expect(await codeOf(await send(post, hello))).toBe("400 EntityTooLarge");
    expect(await codeOf(await send(post, new Blob(["ab"])))).toBe("400 EntityTooSmall");
    expect(await codeOf(await send(post, new Blob([new Uint8Array(9 * 1024 ** 2)])))).toBe(
      "400 EntityTooLarge",
    );
    await expectNothing(store);
    expect((await send(post, new Blob(["abcd"]))).status).toBe(204);
  });

  test("fields that the policy does not cover, and changed fields", async () => {
    const store = await runningStore();
    const post = await presign(store);
    expect(await codeOf(await send(post, hello, { "x-amz-meta-more": "1" }))).toBe("403 AccessDenied");
    expect(await codeOf(await send(post, hello, { key: "b" }))).toBe("403 AccessDenied");
    expect(await codeOf(await send(post, hello, { "X-Amz-Signature": "0".repeat(64) }))).toBe(
      "403 SignatureDoesNotMatch",
    );
    const { Policy: _, ...unsigned } = post.fields;
    expect(await codeOf(await send({ ...post, fields: unsigned }, hello))).toBe("403 AccessDenied");
    await expectNothing(store);
  });

  test("a key that the session policy does not allow", async () => {
    const store = await runningStore();
    const session = await store.session(allowing(["s3:PutObject"], [`arn:aws:s3:::${Bucket}/mine/*`]));
    const post = await createPresignedPost(session, { Bucket, Key: "a" });
    expect(await codeOf(await send(post, hello))).toBe("403 AccessDenied");
    await expectNothing(store);
  });

  test("an expired policy", async () => {
    let now = new Date();
    const store = await runningStore({ now: () => now });
    const post = await presign(store, { Expires: 60 });
    now = new Date(now.getTime() + 61_000);
    expect(await codeOf(await send(post, hello))).toBe("403 AccessDenied");
  });

  test("forms that are not uploads", async () => {
    const store = await runningStore();
    const post = await presign(store);
    expect(await codeOf(await send(post, undefined))).toBe("400 InvalidArgument");
    expect(await codeOf(await send(post, hello, { "x-ignore-much": "x".repeat(21_000) }))).toBe(
      "400 MaxPostPreDataLengthExceeded",
    );
    const raw = async (contentType: string, body: string) =>
      await codeOf(await fetch(post.url, { method: "POST", headers: { "content-type": contentType }, body }));
    expect(await raw("multipart/form-data", "x")).toBe("400 MalformedPOSTRequest");
    expect(await raw("multipart/form-data; boundary=b", "garbage")).toMatch(/^400 /);
    const badHeader = "--b\r\nContent-Disposition; bad\r\n\r\nx\r\n--b--\r\n";
    expect(await raw("multipart/form-data; boundary=b", badHeader)).toMatch(/^400 /);
    await expectNothing(store);
  });

  test("a form whose connection is closed", async () => {
    const store = await runningStore();
    const { fields, url } = await presign(store);
    const parts = Object.entries(fields).map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n';
    const body = `${parts.join("")}${file}${"x".repeat(100_000)}`;
    const { pathname } = new URL(url);
    const socket = connect(store.port, "127.0.0.1");
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 200000\r\n\r\n${body}`,
    );
    const blobs = join(store.directory, "blobs");
    await expect.poll(async () => (await readdir(blobs, { recursive: true }).catch(() => [])).length).toBe(2);
    socket.destroy();
    await expect.poll(async () => (await readdir(blobs, { recursive: true })).length).toBe(1);
  });
});
