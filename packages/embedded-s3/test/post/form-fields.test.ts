import { randomInt } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, type RunningStore, runningStore } from "../running-store.ts";

const boundary = "b0undary";

function part(disposition: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}

async function post(store: RunningStore, body: string | Buffer): Promise<Response> {
  return await fetch(`${store.endpoint}/${Bucket}`, {
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: typeof body === "string" ? Buffer.from(body) : body,
  });
}

/** The parts of a form whose policy allows it to store the key "a". */
async function signedParts(
  store: RunningStore,
  disposition: (name: string) => string = (name) => `name="${name}"`,
): Promise<string> {
  const { fields } = await createPresignedPost(store.s3, { Bucket, Key: "a" });
  return Object.entries(fields)
    .map(([name, value]) => part(disposition(name), value))
    .join("");
}

async function storedText(store: RunningStore): Promise<string | undefined> {
  const { Body } = await store.s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  return await Body?.transformToString();
}

const fileHello = part('name="file"; filename="hello.txt"', "hello");
const end = `--${boundary}--\r\n`;

describe("fields", () => {
  test("a field that has a file name is still a field", async () => {
    const store = await runningStore();
    const fields = await signedParts(store, (name) => `name="${name}"; filename="${name}"`);
    const response = await post(store, `${fields}${fileHello}${end}`);
    expect(response.status).toBe(204);
    expect(await storedText(store)).toBe("hello");
  });

  test("a field that has a file name counts towards the limit of all fields", async () => {
    const store = await runningStore();
    const large = part('name="x-ignore-large"; filename="large"', "x".repeat(1_000_000));
    const response = await post(store, `${await signedParts(store)}${large}${fileHello}${end}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("<Code>MaxPostPreDataLengthExceeded<");
  });

  test("a file can be sent as text without a file name", async () => {
    const store = await runningStore();
    const file = part('name="file"', "größer");
    const response = await post(store, `${await signedParts(store)}${file}${end}`);
    expect(response.status).toBe(204);
    expect(await storedText(store)).toBe("größer");
  });
});

describe("malformed forms", () => {
  test.each([
    ["a field", "form-data; filename*0=x", "form-data"],
    ["a file", 'form-data; filename="x"', 'form-data; filename="x"'],
  ])("%s without a name is refused", async (_, ...dispositions) => {
    const store = await runningStore();
    for (const disposition of dispositions) {
      const nameless = `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\nx\r\n`;
      const response = await post(store, `${nameless}${end}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("<Code>MalformedPOSTRequest<");
    }
  });

  test("no sequence of bytes ends the process", async () => {
    const store = await runningStore();
    const valid = Buffer.from(`${await signedParts(store)}${fileHello}${end}`);
    for (let round = 0; round < 300; round++) {
      const mutated = mutate(valid);
      const response = await post(store, mutated);
      await response.arrayBuffer();
      expect([204, 400, 403], mutated.toString("base64")).toContain(response.status);
    }
  });
});

/** Overwrites, removes or repeats a few bytes, most often in the structure of the form. */
function mutate(valid: Buffer): Buffer {
  let bytes = Buffer.from(valid);
  for (let count = randomInt(1, 5); count > 0; count--) {
    const at = randomInt(bytes.length);
    const length = randomInt(1, 20);
    const rest = bytes.subarray(at + length);
    const replacements = [
      Buffer.from([randomInt(256)]),
      Buffer.alloc(0),
      Buffer.concat([bytes.subarray(at, at + length), bytes.subarray(at, at + length)]),
      Buffer.from(['"', ";", "\r\n", "name", "filename=", `--${boundary}`, "\0", "*0="][randomInt(8)] ?? ""),
    ];
    bytes = Buffer.concat([bytes.subarray(0, at), replacements[randomInt(4)] ?? Buffer.alloc(0), rest]);
  }
  return bytes;
}
