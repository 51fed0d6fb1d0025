import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ grants: anyoneMayDoAnything }));
const { client } = server;

interface Stored {
  readonly key: string;
  readonly size: number;
}

type Outcome = Readonly<Record<string, Stored | null>>;

/** What S3 really holds under a key. Undefined: nothing. */
async function storedText(key: string): Promise<string | undefined> {
  const { data } = await client.request<{ object: { downloadUrl: { url: string } } | null }>(
    `{ object(bucket: "${bucket}", key: "${key}") { downloadUrl { url } } }`,
  );
  const url = data?.object?.downloadUrl.url;
  return url === undefined ? undefined : (await fetch(url)).text();
}

const sha256 = (text: string) => ({
  algorithm: "SHA256",
  value: createHash("sha256").update(text).digest("base64"),
});

describe("three aliases of a mutation, of which the second fails", () => {
  test("uploadFile reports and stores the first and the third", async () => {
    const aliases = ["one", "two", "three"];
    const query = `mutation (${aliases.map((name) => `$${name}: Upload!, $${name}Input: UploadInput!`).join(", ")}) {
      ${aliases.map((name) => `${name}: uploadFile(file: $${name}, input: $${name}Input) { key size }`).join("\n")}
    }`;
    const variables = Object.fromEntries(
      aliases.flatMap((name) => [
        [name, null],
        [
          `${name}Input`,
          { bucket, key: `files/${name}`, checksum: sha256(name === "two" ? "another file" : name) },
        ],
      ]),
    );
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables }));
    form.set("map", JSON.stringify(Object.fromEntries(aliases.map((name) => [name, [`variables.${name}`]]))));
    for (const name of aliases) form.set(name, new Blob([name]), name);
    const { data, errors } = await client.post<Outcome>(form, { "apollo-require-preflight": "1" });

    expect(data).toEqual({
      one: { key: "files/one", size: 3 },
      two: null,
      three: { key: "files/three", size: 5 },
    });
    expect(errors).toMatchObject([{ path: ["two"], extensions: { code: "CHECKSUM_MISMATCH" } }]);
    expect(await Promise.all(aliases.map((name) => storedText(`files/${name}`)))).toEqual([
      "one",
      undefined,
      "three",
    ]);
  });

  test("copyObject reports and stores the first and the third", async () => {
    await server.seed("originals/a", "original");
    const copy = (alias: string, from: string) =>
      `${alias}: copyObject(
        from: { bucket: "${bucket}", key: "${from}" }, to: { bucket: "${bucket}", key: "copies/${alias}" }
      ) { key size }`;
    const { data, errors } = await client.request<Outcome>(
      `mutation { ${copy("one", "originals/a")} ${copy("two", "originals/none")} ${copy("three", "originals/a")} }`,
    );

    expect(data).toEqual({
      one: { key: "copies/one", size: 8 },
      two: null,
      three: { key: "copies/three", size: 8 },
    });
    expect(errors).toMatchObject([{ path: ["two"], extensions: { code: "OBJECT_NOT_FOUND" } }]);
    expect(await storedText("copies/one")).toBe("original");
    expect(await storedText("copies/two")).toBeUndefined();
    expect(await storedText("copies/three")).toBe("original");
  });

  test("completeUpload reports and stores the first and the third", async () => {
    const ids: string[] = [];
    for (const key of ["parts/one", "parts/two", "parts/three"]) {
      ids.push(await beginUpload(key, key !== "parts/two"));
    }
    const complete = (alias: string, index: number) =>
      `${alias}: completeUpload(id: "${ids[index]}") { key size }`;
    const { data, errors } = await client.request<Outcome>(
      `mutation { ${complete("one", 0)} ${complete("two", 1)} ${complete("three", 2)} }`,
    );

    expect(data).toEqual({
      one: { key: "parts/one", size: 5 },
      two: null,
      three: { key: "parts/three", size: 5 },
    });
    expect(errors).toMatchObject([{ path: ["two"], extensions: { code: "UPLOAD_INCOMPLETE" } }]);
    expect(await storedText("parts/one")).toBe("hello");
    expect(await storedText("parts/two")).toBeUndefined();
    expect(await storedText("parts/three")).toBe("hello");
  });
});

/** Begins a multipart upload of five bytes, and sends its only part if asked to. */
async function beginUpload(key: string, sendPart: boolean): Promise<string> {
  const { requestUpload } = await client.data<{
    requestUpload: { id: string; parts: { url: string; headers: { name: string; value: string }[] }[] };
  }>(
    `mutation ($input: UploadInput!) {
      requestUpload(input: $input, size: 5, method: MULTIPART) {
        ... on MultipartUpload { id parts { url headers { name value } } }
      }
    }`,
    { input: { bucket, key } },
  );
  for (const part of sendPart ? requestUpload.parts : []) {
    expect((await sendPut(part, Buffer.from("hello"))).ok).toBe(true);
  }
  return requestUpload.id;
}
