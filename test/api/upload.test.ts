import { beforeAll, describe, expect, test } from "vitest";
import { runningChecksum } from "../../src/storage/checksums/running-checksum.ts";
import { planUpload } from "../../src/storage/multipart/upload-plan.ts";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, forged, malformedIds, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { abortUpload, type MultipartUpload, requestUpload, type UploadPart } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["UPLOAD"] },
      { who: "authenticated", bucket, prefix: "brief/", allow: ["UPLOAD"], maxExpiresSeconds: 60 },
      {
        who: "authenticated",
        bucket,
        prefix: "mixed/",
        allow: ["UPLOAD"],
        contentTypes: ["image/*"],
        maxExpiresSeconds: 60,
      },
      {
        who: "authenticated",
        bucket,
        prefix: "mixed/",
        allow: ["UPLOAD"],
        maxUploadBytes: 1000,
        maxExpiresSeconds: 300,
      },
      { who: "authenticated", bucket, prefix: "shared/", allow: ["UPLOAD"] },
      { who: "anonymous", bucket, prefix: "users/", allow: ["DOWNLOAD"] },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const bob = server.client.as(await issuer.token({ sub: "bob" }));

const query = `query ($id: ID!, $numbers: [Int!], $first: Int, $after: Int, $expiresIn: Int,
    $checksums: [PartChecksumInput!]) {
  upload(id: $id) {
    id bucket key region size partSize partCount startedAt
    parts(numbers: $numbers, first: $first, after: $after, expiresIn: $expiresIn, checksums: $checksums) {
      number size url headers { name value } expiresAt
    }
    uploadedParts { number size etag uploadedAt }
  }
}`;
type Found = MultipartUpload & { readonly region: string; readonly startedAt: string | null };
const find = async (id: string, args: object = {}, client: GraphQLClient = alice) =>
  (await client.data<{ upload: Found | null }>(query, { id, ...args })).upload;
const numbersOf = async (id: string, args: object) =>
  (await find(id, args))?.parts.map(({ number }) => number);
/** How long a part is signed for, as its URL says. */
const secondsOf = (part: UploadPart | undefined) =>
  Number(new URL(part?.url ?? "").searchParams.get("X-Amz-Expires"));
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

const key = "users/alice/film #1.mp4";
const { partBytes: firstBytes } = planUpload(twoPartsBytes);
const secondBytes = twoPartsBytes - firstBytes;
let upload: MultipartUpload;
/** More than 1,000 parts, of which none is ever sent. */
let vast: MultipartUpload;
beforeAll(async () => {
  upload = await beginUpload(alice, { bucket, key });
  const input = { bucket, key: "users/alice/vast" };
  vast = await requestUpload(alice, "MULTIPART", { input, size: 1400 * 16 * MiB });
});

describe("upload", () => {
  test("is what was begun", async () => {
    const found = await find(upload.id);
    expect(found).toMatchObject({
      id: upload.id,
      bucket,
      key,
      region: "us-east-1",
      size: twoPartsBytes,
      partSize: firstBytes,
      partCount: 2,
      parts: [
        { number: 1, size: firstBytes },
        { number: 2, size: secondBytes },
      ],
      uploadedParts: [],
    });
    expect(Math.abs(Date.parse(found?.startedAt ?? "") - Date.now())).toBeLessThan(60_000);
  });

  test("returns the parts that S3 has received, and URLs for the others", async () => {
    const begun = await beginUpload(alice, { bucket, key: "users/alice/one of two" });
    const etag = await sendPart(begun, 2);
    const found = await find(begun.id);
    expect(found?.uploadedParts).toEqual([
      { number: 2, size: secondBytes, etag: etag.replaceAll('"', ""), uploadedAt: expect.any(String) },
    ]);
    expect(found?.parts.map(({ number }) => number)).toEqual([1]);
  });

  test("signs a part with its exact length", async () => {
    const found = await find(upload.id, { numbers: [2], expiresIn: 30 });
    const [part] = found?.parts ?? [];
    if (part === undefined) throw new Error("No part was signed.");
    expect(Date.parse(part.expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
    expect((await sendPut(part, Buffer.alloc(secondBytes + 1))).status).toBe(403);
    const elsewhere = new URL(part.url);
    elsewhere.searchParams.set("partNumber", "1");
    expect((await sendPut({ ...part, url: elsewhere.href }, Buffer.alloc(secondBytes))).status).toBe(403);
  });

  test("that is gone is null", async () => {
    const gone = await beginUpload(alice, { bucket, key: "users/alice/gone" });
    await abortUpload(alice, gone.id);
    expect(await find(gone.id)).toBeNull();
  });
});

describe("parts", () => {
  test.each([
    [{ numbers: [2, 1, 2] }, [1, 2]],
    [{ numbers: [] }, []],
    [{ numbers: null }, [1, 2]],
    [{ first: 1 }, [1]],
    [{ first: null, after: null }, [1, 2]],
    [{ after: 1 }, [2]],
    [{ after: 2 }, []],
    [{ after: 2 ** 31 - 1 }, []],
  ])("of %j are %j", async (args, numbers) => {
    expect(await numbersOf(upload.id, args)).toEqual(numbers);
  });

  test("are at most 1,000", async () => {
    const all = Array.from({ length: vast.partCount }, (_, index) => index + 1);
    const last = all.slice(-1000);
    expect(await numbersOf(vast.id, {})).toEqual(all.slice(0, 1000));
    expect(await numbersOf(vast.id, { after: 1000 })).toEqual(all.slice(1000));
    expect(await numbersOf(vast.id, { numbers: last })).toEqual(last);
    await expect(find(vast.id, { numbers: all.slice(-1001) })).rejects.toMatchObject(badInput("numbers"));
  });

  test.each([
    [{ numbers: [0] }, "numbers"],
    [{ numbers: [3] }, "numbers"],
    [{ numbers: [1, -1] }, "numbers"],
    [{ first: 0 }, "first"],
    [{ first: -1 }, "first"],
    [{ first: 1001 }, "first"],
    [{ numbers: [1], first: 1 }, "first"],
    [{ after: -1 }, "after"],
    [{ expiresIn: 0 }, "expiresIn"],
    [{ expiresIn: 3571 }, "expiresIn"],
  ])("of %j are refused", async (args, field) => {
    await expect(find(upload.id, args)).rejects.toMatchObject(badInput(field));
  });

  const begin = async (input: object, size: number) => {
    const answer = await alice.data<{ requestUpload: MultipartUpload }>(
      `mutation ($input: UploadInput!, $size: SafeInt!) {
        requestUpload(input: $input, size: $size, method: MULTIPART, expiresIn: 60) { ... on MultipartUpload { id } }
      }`,
      { input, size },
    );
    return answer.requestUpload.id;
  };

  test("live no longer than a grant allows", async () => {
    const id = await begin({ bucket, key: "brief/a" }, 5);
    expect((await find(id, { expiresIn: 60 }))?.parts).toHaveLength(1);
    for (const expiresIn of [61, 2400]) {
      await expect(find(id, { expiresIn })).rejects.toMatchObject(badInput("expiresIn"));
    }
    for (const args of [{}, { expiresIn: null }]) {
      const [part] = (await find(id, args))?.parts ?? [];
      expect(secondsOf(part)).toBe(60);
    }
  });

  test("of the request that begins the upload live for the requested time", async () => {
    const begin = (key: string, expiresIn: number) =>
      requestUpload(alice, "MULTIPART", { input: { bucket, key }, size: 5, expiresIn });
    expect(secondsOf((await begin("brief/b", 60)).parts[0])).toBe(60);
    expect(secondsOf((await begin("users/alice/long", 3000)).parts[0])).toBe(3000);
  });

  test.each(["first: 5000", "numbers: [9]", "expiresIn: 100000"])(
    "(%s) that cannot be signed leave no new upload behind",
    async (args) => {
      const key = `users/alice/unanswered ${args}`;
      const answer = await alice.request(
        `mutation ($input: UploadInput!) {
          requestUpload(input: $input, size: 5, method: MULTIPART) { ... on MultipartUpload { id parts(${args}) { url } } }
        }`,
        { input: { bucket, key } },
      );
      expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
      const pending = await alice.data(
        `{ uploads(bucket: "${bucket}", prefix: "${key}") { nodes { key } } }`,
      );
      expect(pending).toEqual({ uploads: { nodes: [] } });
    },
  );

  test("that cannot be signed do not affect an upload that existed before", async () => {
    const key = "users/alice/resumed";
    const begun = await beginUpload(alice, { bucket, key });
    await sendPart(begun, 2);
    const input = { bucket, key };
    const resume = (firstParts: number) =>
      requestUpload(alice, "MULTIPART", { input, size: twoPartsBytes, resume: true, firstParts });
    await expect(resume(5000)).rejects.toMatchObject(badInput("first"));
    expect((await resume(1)).uploadedParts).toHaveLength(1);
    // The server would send a new file of this size by PUT.
    const asked = { input, size: twoPartsBytes, resume: true };
    expect(await requestUpload(alice, "AUTO", asked)).toMatchObject({ uploadedParts: [{ number: 2 }] });
    expect(await requestUpload(alice, "AUTO", { ...asked, resume: false })).not.toHaveProperty(
      "uploadedParts",
    );
    const other = { ...asked, input: { bucket, key: `${key} not` } };
    expect(await requestUpload(alice, "AUTO", other)).not.toHaveProperty("uploadedParts");
  });

  test("of another caller's upload are not resumed", async () => {
    const input = { bucket, key: "shared/film" };
    const ofAlice = await beginUpload(alice, input);
    await sendPart(ofAlice, 1);
    const resume = (client: GraphQLClient) =>
      requestUpload(client, "MULTIPART", { input, size: twoPartsBytes, resume: true });
    expect((await resume(bob)).uploadedParts).toEqual([]);
    expect((await resume(alice)).uploadedParts).toHaveLength(1);
  });

  test("live no longer than the grant that allows their upload", async () => {
    const image = await begin({ bucket, key: "mixed/a", contentType: "image/png" }, 50_000);
    expect((await find(image, { expiresIn: 60 }))?.parts).toHaveLength(1);
    await expect(find(image, { expiresIn: 61 })).rejects.toMatchObject(badInput("expiresIn"));
    const text = await begin({ bucket, key: "mixed/b" }, 1000);
    expect((await find(text, { expiresIn: 300 }))?.parts).toHaveLength(1);
  });
});

describe("checksums of parts", () => {
  const checksumOf = (bytes: Buffer) => {
    const running = runningChecksum("CRC32C");
    running.update(bytes);
    return running.digest();
  };
  const file = Buffer.alloc(twoPartsBytes, "some bytes");
  const slices = [file.subarray(0, firstBytes), file.subarray(firstBytes)];
  const checksums = slices.map((slice, index) => ({ number: index + 1, value: checksumOf(slice) }));
  const begin = async (name: string) => {
    const checksum = { algorithm: "CRC32C", value: checksumOf(file) };
    return beginUpload(alice, { bucket, key: `users/alice/${name}`, checksum });
  };

  test("are signed, so the store accepts no other bytes", async () => {
    const { id } = await begin("held to checksums");
    const parts = (await find(id, { checksums }))?.parts ?? [];
    for (const [index, part] of parts.entries()) {
      expect(part.headers).toEqual([{ name: "x-amz-checksum-crc32c", value: checksums[index]?.value }]);
      expect((await sendPut(part, Buffer.alloc(part.size, "other bytes"))).status).toBe(400);
      expect((await sendPut({ ...part, headers: [] }, slices[index] ?? Buffer.of())).status).toBe(403);
    }
    expect((await find(id))?.uploadedParts).toEqual([]);
    for (const [index, part] of parts.entries())
      expect((await sendPut(part, slices[index] ?? Buffer.of())).status).toBe(200);
    const completed = await alice.data("mutation ($id: ID!) { completeUpload(id: $id) { size } }", { id });
    expect(completed).toEqual({ completeUpload: { size: twoPartsBytes } });
  });

  test("may be of some parts", async () => {
    const { id } = await begin("held to one checksum");
    const found = await find(id, { checksums: checksums.slice(1) });
    expect(found?.parts.map(({ headers }) => headers.length)).toEqual([0, 1]);
  });

  test.each([
    [[{ number: 0, value: "AAAAAA==" }], "checksums.0.number"],
    [[{ number: 3, value: "AAAAAA==" }], "checksums.0.number"],
    [[checksums[0], checksums[0]], "checksums.1.number"],
    [[checksums[0], { number: 2, value: "AAAAAAA=" }], "checksums.1.value"],
    [[{ number: 1, value: "" }], "checksums.0.value"],
  ])("are not %j", async (wrong, field) => {
    const { id } = await begin("wrong");
    await expect(find(id, { checksums: wrong })).rejects.toMatchObject(badInput(field));
  });

  test("need the upload's own checksum, which decides the algorithm", async () => {
    await expect(find(upload.id, { checksums })).rejects.toMatchObject(badInput("checksums"));
    expect((await find(upload.id, { checksums: [] }))?.parts).toHaveLength(2);
  });
});

describe("an id", () => {
  test.each(malformedIds)("is not %s", async (_what, id) => {
    await expect(find(id)).rejects.toMatchObject(badInput("id"));
  });

  test("cannot be forged or read", async () => {
    const { id } = upload;
    const failure = { code: "UPLOAD_NOT_FOUND", retryable: false };
    for (const other of [forged(id), `${id.slice(0, -4)}AAAA`]) {
      await expect(find(other)).rejects.toMatchObject(failure);
    }
    for (const other of [id.slice(0, -4), `${id}AAAA`]) await expect(find(other)).rejects.toThrow();
    expect(Buffer.from(id, "base64url").toString("latin1")).not.toMatch(/film|demo|users/);
  });

  test("of a server with another secret is not accepted", async () => {
    const secret = "another secret of the tests that is longer than 32 bytes";
    await using stranger = await startTestServer({ env: { VALETKEY_SECRET: secret } });
    const { id } = await beginUpload(stranger.client, { bucket, key });
    await expect(find(id)).rejects.toMatchObject({ code: "UPLOAD_NOT_FOUND" });
  });

  test("grants nothing to a caller who may not upload there", async () => {
    await expect(find(upload.id, {}, bob)).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
    const anonymous = find(upload.id, {}, server.client);
    await expect(anonymous).rejects.toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
  });
});
