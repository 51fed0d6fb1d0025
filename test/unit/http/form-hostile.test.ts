import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Answer,
  encodeForm,
  FormConnection,
  type FormServer,
  fields,
  fileListFields,
  filePart,
  oneFileFields,
  type Part,
  post,
  readEveryFile,
  requestHead,
  startFormServer,
} from "./form-server.ts";

let server: FormServer;
beforeAll(async () => {
  server = await startFormServer({ maxFieldBytes: 2000, idleTimeoutMs: 10_000 });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.resolve = readEveryFile;
});

const good = encodeForm([...oneFileFields(), filePart("0", "good")]);
const served = { status: 200, data: [{ filename: "0.txt", contentType: "text/x-test", text: "good" }] };

function refused(code: string, field?: string): Answer {
  const error = { code, retryable: code !== "BAD_USER_INPUT", ...(field === undefined ? {} : { field }) };
  return { status: 400, error };
}

/** The answer to a form, after which a good one is served: on the same connection unless that was said to be closed. */
async function answerThenServe(body: Buffer): Promise<Answer | undefined> {
  using connection = new FormConnection(server.port);
  const answer = await connection.sendForm(body).answer();
  server.resolve = readEveryFile;
  if (connection.saidClose) {
    await connection.closed();
    expect(await post(server, good)).toEqual(served);
  } else {
    expect(await connection.sendForm(good).answer()).toEqual(served);
  }
  return answer;
}

describe("a malformed form is refused, and the next one is served", () => {
  const file = filePart("0", "x");
  const [operations, map] = oneFileFields() as [Part, Part];
  const cases: [string, Buffer | Part[], Answer][] = [
    ["a malformed part header", [{ headers: "Content-Disposition; bad" }], refused("BAD_USER_INPUT")],
    [
      "a malformed header behind the fields",
      [operations, map, { headers: "Bad header" }],
      refused("BAD_USER_INPUT"),
    ],
    ["a header of 20 KiB", [{ headers: `X-Long: ${"x".repeat(20_000)}` }], refused("BAD_USER_INPUT")],
    ["no parts", [], refused("BAD_USER_INPUT", "operations")],
    ["no map", [operations], refused("BAD_USER_INPUT", "map")],
    ["the map first", [map, operations, file], refused("BAD_USER_INPUT", "operations")],
    ["the file first", [file, operations, map], refused("BAD_USER_INPUT", "operations")],
    ["two operations", [operations, operations, map, file], refused("BAD_USER_INPUT", "map")],
    ["another field", [{ name: "query", body: "{a}" }], refused("BAD_USER_INPUT", "operations")],
    [
      "a part without a name",
      [{ headers: "Content-Disposition: form-data" }],
      refused("BAD_USER_INPUT", "operations"),
    ],
    [
      "operations as a file",
      [{ ...operations, filename: "o" }, map, file],
      refused("BAD_USER_INPUT", "operations"),
    ],
    ["parts without a disposition", [{ headers: "X-Nothing: 1" }], refused("BAD_USER_INPUT", "operations")],
    [
      "an unknown charset",
      [
        {
          headers: `Content-Disposition: form-data; name="operations"\r\nContent-Type: text/plain; charset=klingon`,
          body: "{}",
        },
      ],
      refused("BAD_USER_INPUT", "operations"),
    ],
    [
      "fields over the limit",
      [{ name: "operations", body: "x".repeat(2001) }],
      refused("BAD_USER_INPUT", "operations"),
    ],
    [
      "fields over the limit together",
      [
        { name: "operations", body: `{"query":"${"x".repeat(1000)}"}` },
        { name: "map", body: " ".repeat(1000) },
      ],
      refused("BAD_USER_INPUT", "operations"),
    ],
    [
      "a field that goes on and on",
      [{ name: "operations", body: "x".repeat(300_000) }],
      refused("BAD_USER_INPUT", "operations"),
    ],
    [
      "a preamble that goes on and on",
      Buffer.concat([Buffer.alloc(300_000, "x"), good]),
      refused("BAD_USER_INPUT", "operations"),
    ],
    ["too many files", fileListFields(4), refused("BAD_USER_INPUT", "map")],
    [
      "a file that is mapped to two variables",
      [...fields({ files: [null, null] }, { 0: ["variables.files.0", "variables.files.1"] }), file],
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "another boundary",
      Buffer.from(good.toString().replaceAll("--boundary", "--other")),
      refused("UPLOAD_INCOMPLETE"),
    ],
    ["an empty body", Buffer.alloc(0), refused("UPLOAD_INCOMPLETE")],
  ];
  test.each(cases)("%s", async (_name, form, expected) => {
    expect(await answerThenServe(Buffer.isBuffer(form) ? form : encodeForm(form))).toEqual(expected);
  });

  const behindTheFile: [string, Buffer, Answer][] = [
    [
      "a file that the map does not name",
      encodeForm([...oneFileFields(), filePart("0", "a"), filePart("1", "b")]),
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "a file called __proto__",
      encodeForm([...oneFileFields(), filePart("__proto__", "b")]),
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "the same file twice",
      encodeForm([...oneFileFields(), filePart("0", "a"), filePart("0", "b")]),
      refused("BAD_USER_INPUT", "file"),
    ],
    [
      "a field among the files",
      encodeForm([...oneFileFields(), { name: "0", body: "not a file" }]),
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "a malformed header behind the file",
      encodeForm([...oneFileFields(), filePart("0", "a"), { headers: "Bad header" }]),
      refused("BAD_USER_INPUT"),
    ],
    [
      "an epilogue that goes on and on",
      Buffer.concat([good, Buffer.alloc(300_000, "x")]),
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "parts without a disposition that go on and on",
      encodeForm([...oneFileFields(), { headers: "X: 1", body: "x".repeat(300_000) }, filePart("0", "a")]),
      refused("BAD_USER_INPUT", "map"),
    ],
    [
      "a malformed disposition",
      encodeForm([...oneFileFields(), { headers: `Content-Disposition: form-data; name="0"; filename=` }]),
      refused("BAD_USER_INPUT", "file"),
    ],
  ];
  test.each(behindTheFile)("%s", async (_name, form, expected) => {
    expect(await answerThenServe(form)).toEqual(expected);
  });

  test.each([
    "multipart/form-data",
    'multipart/form-data; boundary=""; x',
    "multipart/mixed; boundary=boundary",
    "application/x-www-form-urlencoded",
  ])("Content-Type: %s", async (type) => {
    using connection = new FormConnection(server.port);
    connection.send(requestHead(good).replace(/multipart.*boundary=boundary/, type), good);
    expect(await connection.answer()).toEqual(refused("BAD_USER_INPUT", "operations"));
    expect(await connection.sendForm(good).answer()).toEqual(served);
  });
});

test("does not change Object.prototype", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const call = Object.prototype.hasOwnProperty.call;
  for (const path of [
    "hasOwnProperty.call",
    "__proto__.polluted",
    "constructor.prototype.polluted",
    "files.__proto__.polluted",
  ]) {
    const form = encodeForm([...fields({ files: [] }, { 0: [`variables.${path}`] }), filePart("0", "x")]);
    expect(await answerThenServe(form)).toEqual(refused("BAD_USER_INPUT", `variables.${path}`));
  }
  expect(Object.prototype.hasOwnProperty.call).toBe(call);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
});

describe("a truncated form", () => {
  const form = Buffer.concat([
    encodeForm(oneFileFields(), ""),
    encodeForm([filePart("0", "abc\r\n--bound")]),
  ]);
  // It is whole with the two hyphens behind its last boundary.
  const lengths = Array.from({ length: form.length - 2 }, (_, length) => length);

  test("is UPLOAD_INCOMPLETE, wherever it ends", async () => {
    for (const length of lengths) {
      const answer = await post(server, form.subarray(0, length));
      expect(answer, `${length} bytes`).toEqual(refused("UPLOAD_INCOMPLETE"));
    }
  });

  test("is UPLOAD_INCOMPLETE, wherever the connection is lost", async () => {
    for (const length of lengths.filter((length) => length % 7 === 0)) {
      using connection = new FormConnection(server.port);
      const answer = new Promise<Answer>((resolve) => {
        server.onAnswer = resolve;
      });
      connection.send(requestHead(form), form.subarray(0, length)).socket.end();
      expect(await answer, `${length} bytes`).toEqual(refused("UPLOAD_INCOMPLETE"));
    }
  });
});

describe("a body that is not read to its end", () => {
  const unread = encodeForm([...oneFileFields(), filePart("0", Buffer.alloc(800_000))]);

  test("does not affect the next request of the connection", async () => {
    server.resolve = async () => "not interested";
    expect(await answerThenServe(unread)).toEqual({ status: 200, data: "not interested" });
  });

  test.each([
    ["an endless body", 0],
    ["a stalled body", 20],
  ])("%s gets a response, and the connection is closed", async (_name, pauseMs) => {
    await using brisk = await startFormServer({
      lingeringClose: { idleTimeoutMs: 300, minBytesPerSecond: 10_000, closeDelayMs: 300 },
    });
    brisk.resolve = async () => "not interested";
    using connection = new FormConnection(brisk.port);
    connection.send(requestHead({ length: 1e12 }), unread.subarray(0, -20));
    const pump = setInterval(() => connection.send(pauseMs === 0 ? Buffer.alloc(100_000) : "x"), pauseMs);
    try {
      expect(await connection.answer()).toEqual({ status: 200, data: "not interested" });
      await connection.closed();
    } finally {
      clearInterval(pump);
    }
    brisk.resolve = readEveryFile;
    expect(await post(brisk, good)).toEqual(served);
  });
});

describe("a client that sends too slowly", () => {
  test.each([
    ["in the fields", 10],
    ["in the file", good.length - 30],
    ["after the file", good.length - 4],
  ])("that stops %s gets TIMEOUT", async (_where, length) => {
    await using impatient = await startFormServer({
      idleTimeoutMs: 100,
      lingeringClose: { idleTimeoutMs: 100 },
    });
    using connection = new FormConnection(impatient.port);
    connection.send(requestHead(good), good.subarray(0, length));
    expect((await connection.answer())?.error).toEqual({ code: "TIMEOUT", retryable: true });
    await connection.closed();
  });

  test("that sends a byte at a time gets TIMEOUT", async () => {
    await using impatient = await startFormServer({ idleTimeoutMs: 200 });
    using connection = new FormConnection(impatient.port);
    connection.send(requestHead({ length: 1e6 }), good.subarray(0, -20));
    const drip = setInterval(() => connection.send("x"), 20);
    expect((await connection.answer())?.error).toEqual({ code: "TIMEOUT", retryable: true });
    clearInterval(drip);
  });

  test("is not blamed for a resolver that does not read", async () => {
    await using impatient = await startFormServer({ idleTimeoutMs: 500 });
    impatient.resolve = async ({ file }) => {
      const body = (await file).open();
      await new Promise((resolve) => setTimeout(resolve, 1200));
      return (await body.toArray()).reduce((bytes: number, chunk: Buffer) => bytes + chunk.length, 0);
    };
    const form = encodeForm([...oneFileFields(), filePart("0", Buffer.alloc(900_000))]);
    expect(await post(impatient, form)).toEqual({ status: 200, data: 900_000 });
  });
});
