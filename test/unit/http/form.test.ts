import { createHash, randomBytes } from "node:crypto";
import { finished } from "node:stream/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { IncomingFile } from "../../../src/core/incoming-file.ts";
import {
  type Answer,
  encodeForm,
  type FormServer,
  fileListFields,
  filePart,
  oneFileFields,
  post,
  readEveryFile,
  readFile,
  startFormServer,
  toAnswer,
} from "./form-server.ts";

let server: FormServer;
beforeAll(async () => {
  server = await startFormServer();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.resolve = readEveryFile;
});

async function send(form: FormData): Promise<Answer> {
  return (await (await fetch(server.url, { method: "POST", body: form })).json()) as Answer;
}

function formData(variables: unknown, map: unknown, files: Record<string, File>): FormData {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: "mutation", variables }));
  form.set("map", JSON.stringify(map));
  for (const [name, file] of Object.entries(files)) form.set(name, file);
  return form;
}

const refusedFile = { code: "BAD_USER_INPUT", retryable: false, field: "file" };

describe("a form as clients send it", () => {
  test("puts a file into the variable that the map names", async () => {
    const file = new File(["hello"], "héllo 한국어.txt", { type: "text/csv" });
    const answer = await send(formData({ file: null }, { a: ["variables.file"] }, { a: file }));
    expect(answer.data).toEqual([{ filename: "héllo 한국어.txt", contentType: "text/csv", text: "hello" }]);
  });

  test("may contain no files", async () => {
    expect(await send(formData({}, {}, {}))).toEqual({ status: 200, data: [] });
  });

  test("may contain several files, empty ones and large ones", async () => {
    const large = randomBytes(900_000);
    const form = encodeForm([
      ...fileListFields(3),
      filePart("0", ""),
      filePart("1", large),
      filePart("2", "last"),
    ]);
    const { data } = (await post(server, form)) as { data: { text: string }[] };
    expect(data.map(({ text }) => sha256(text))).toEqual(["", large.toString("latin1"), "last"].map(sha256));
  });

  test("reports the media type without parameters, and RFC 7578's default for a part without one", async () => {
    const types = ["Text/HTML; charset=utf-8", undefined];
    const parts = types.map((type, index) => ({
      name: `${index}`,
      filename: "x",
      ...(type ? { type } : {}),
    }));
    const { data } = (await post(server, encodeForm([...fileListFields(2), ...parts]))) as {
      data: { contentType: string }[];
    };
    expect(data.map(({ contentType }) => contentType)).toEqual(["text/html", "text/plain"]);
  });

  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\\\temp\\\\a.txt", "a.txt"],
    ["..", undefined],
    ["", undefined],
    ["a\tb.txt", "ab.txt"],
    [" spaced .txt", " spaced .txt"],
  ])("reduces the file name %j to one path segment", async (sent, expected) => {
    const form = encodeForm([
      ...oneFileFields(),
      { name: "0", filename: sent, type: "application/octet-stream" },
    ]);
    const { data } = (await post(server, form)) as { data: { filename?: string }[] };
    expect(data[0]?.filename).toBe(expected);
  });

  test("removes control characters and paths from an extended file name", async () => {
    const headers = `Content-Disposition: form-data; name="0"; filename*=utf-8''a%0d%0aX-Evil%3A%201%00%2F%c3%a9.txt`;
    const { data } = (await post(server, encodeForm([...oneFileFields(), { headers }]))) as { data: unknown };
    expect(data).toEqual([{ filename: "é.txt", contentType: "text/plain", text: "" }]);
  });
});

describe("the order of files", () => {
  const inOrder = encodeForm([...fileListFields(2), filePart("0", "zero"), filePart("1", "one")]);
  const swapped = encodeForm([...fileListFields(2), filePart("1", "one"), filePart("0", "zero")]);

  test("fails at once for a file after an unread one, which can still be read", async () => {
    server.resolve = async ({ files: [zero, one] }) => [
      await settle(one?.then(readFile)),
      await settle(zero?.then(readFile)),
    ];
    const { data } = (await post(server, inOrder)) as { data: unknown[] };
    expect(data).toEqual([refusedFile, expect.objectContaining({ text: "zero" })]);
  });

  test("fails at once when another file is sent first, which can still be read", async () => {
    server.resolve = async ({ files: [zero, one] }) => [
      await settle(zero?.then(readFile)),
      await settle(one?.then(readFile)),
    ];
    const { data } = (await post(server, swapped)) as { data: unknown[] };
    expect(data).toEqual([refusedFile, expect.objectContaining({ text: "one" })]);
  });

  test("fails at once for a second file that is awaited together with the first", async () => {
    server.resolve = async ({ files }) => {
      const [zero, one] = await Promise.allSettled(files);
      return [zero?.status, one?.status];
    };
    expect((await post(server, inOrder))?.data).toEqual(["fulfilled", "rejected"]);
  });

  test("waits for the second while the first is being read", async () => {
    server.resolve = async ({ files: [zero, one] }) => {
      const first = (await zero)?.open();
      const second = settle(one?.then(readFile));
      await first?.resume().toArray();
      return await second;
    };
    expect((await post(server, inOrder))?.data).toMatchObject({ text: "one" });
  });

  test.each(["discarded", "destroyed"])("goes on to the second when the first is %s", async (how) => {
    const first = randomBytes(800_000);
    server.resolve = async ({ files: [zero, one] }) => {
      const file = await zero;
      if (how === "discarded") file?.discard();
      else file?.open().destroy();
      return await settle(one?.then(readFile));
    };
    const form = encodeForm([...fileListFields(2), filePart("0", first), filePart("1", "one")]);
    expect((await post(server, form))?.data).toMatchObject({ text: "one" });
  });

  test("reports a file of the map that is missing from the form", async () => {
    server.resolve = async ({ files: [zero, one] }) => [
      await settle(zero?.then(readFile)),
      await settle(one?.then(readFile)),
    ];
    const form = encodeForm([...fileListFields(2), filePart("0", "zero")]);
    const { data } = (await post(server, form)) as { data: unknown[] };
    expect(data).toEqual([expect.objectContaining({ text: "zero" }), refusedFile]);
  });

  test("does not let a file be opened twice, or after it was discarded", async () => {
    server.resolve = async ({ files: [zero] }) => {
      const file = await zero;
      file?.discard();
      return await settle(file && readFile(file));
    };
    expect((await post(server, inOrder))?.data).toEqual(refusedFile);
  });
});

describe("the size of files", () => {
  const openWith = (maxBytes?: number) => async (file: IncomingFile | undefined) => {
    const chunks = await file?.open({ maxBytes }).toArray();
    return Buffer.concat(chunks ?? []).length;
  };

  test.each([
    [1_000_000, undefined, 1_000_000],
    [1_000_001, undefined, "UPLOAD_TOO_LARGE"],
    [10, 10, 10],
    [11, 10, "UPLOAD_TOO_LARGE"],
    [1, 0, "UPLOAD_TOO_LARGE"],
    [0, 0, 0],
    [1_000_001, 5_000_000, "UPLOAD_TOO_LARGE"],
  ])("a file of %d bytes with a limit of %s", async (size, maxBytes, expected) => {
    server.resolve = async ({ file }) => await settle(file.then(openWith(maxBytes)));
    const answer = await post(server, encodeForm([...oneFileFields(), filePart("0", Buffer.alloc(size))]));
    expect(answer?.data).toEqual(
      typeof expected === "number" ? expected : expect.objectContaining({ code: expected }),
    );
  });

  test("continues with the next file after one that is too large", async () => {
    server.resolve = async ({ files: [zero, one] }) => {
      const first = await settle(zero?.then(openWith(10)));
      return [first, await one?.then(readFile)];
    };
    const form = encodeForm([
      ...fileListFields(2),
      filePart("0", Buffer.alloc(500_000)),
      filePart("1", "one"),
    ]);
    const { data } = (await post(server, form)) as { data: unknown[] };
    expect(data).toMatchObject([{ code: "UPLOAD_TOO_LARGE" }, { text: "one" }]);
  });

  test("ends the form when a skipped file exceeds the limit", async () => {
    server.resolve = async ({ files: [zero, one] }) => {
      (await zero)?.discard();
      return await settle(one?.then(readFile));
    };
    const form = encodeForm([
      ...fileListFields(2),
      filePart("0", Buffer.alloc(2_000_000)),
      filePart("1", "one"),
    ]);
    expect((await post(server, form))?.data).toMatchObject({ code: "UPLOAD_TOO_LARGE" });
  });

  test.each([1.5, Number.NaN, -1])("refuses to start with a limit of %d bytes", async (maxFileBytes) => {
    await using other = await startFormServer({ maxFileBytes });
    const answer = await post(other, encodeForm([...oneFileFields(), filePart("0", "x")]));
    expect(answer).toMatchObject({ status: 500, data: expect.stringContaining("RangeError") });
  });
});

test("does not read a file into memory before a resolver reads it", async () => {
  await using other = await startFormServer({ maxFileBytes: 100_000_000 });
  const size = 50 * 1024 * 1024;
  let sentBytes = 0;
  other.resolve = async ({ file }) => {
    const arrived = await file;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sentBeforeRead = sentBytes;
    await finished(arrived.open().resume());
    return sentBeforeRead;
  };
  const body = async function* () {
    yield encodeForm([...oneFileFields(), filePart("0", "")], "").subarray(0, -2);
    for (; sentBytes < size; sentBytes += 65_536) yield Buffer.alloc(65_536);
    yield Buffer.from("\r\n--boundary--\r\n");
  };
  const headers = { "content-type": "multipart/form-data; boundary=boundary" };
  const answer = await fetch(other.url, { method: "POST", body: body(), duplex: "half", headers });
  // Sockets and streams hold some of it.
  expect(((await answer.json()) as { data: number }).data).toBeLessThan(size / 2);
  expect(sentBytes).toBe(size);
});

async function settle(promise: Promise<unknown> | undefined): Promise<unknown> {
  return await promise?.catch((error) => toAnswer(error).error ?? String(error));
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}
