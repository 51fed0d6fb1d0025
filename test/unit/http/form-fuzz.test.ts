import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answer,
  encodeForm,
  FormConnection,
  type FormServer,
  fileListFields,
  filePart,
  post,
  type ReadFile,
  requestHead,
  startFormServer,
} from "./form-server.ts";

let server: FormServer;
beforeAll(async () => {
  server = await startFormServer({ idleTimeoutMs: 10_000 });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Bytes that like to look like a delimiter, and other bytes. */
const content = fc
  .array(
    fc.oneof(
      fc
        .constantFrom("\r", "\n", "\r\n", "-", "--", "\r\n--", "\r\n--bound", "--boundary", "\0")
        .map(Buffer.from),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => Buffer.concat(pieces))
  .filter(
    (bytes) => !bytes.includes("\r\n--boundary") && !bytes.subarray(0, 10).equals(Buffer.from("--boundary")),
  );
const contents = fc.array(content, { maxLength: 3 });
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

function formOf(files: readonly Buffer[]): Buffer {
  return encodeForm([
    ...fileListFields(files.length),
    ...files.map((file, index) => filePart(`${index}`, file)),
  ]);
}

function texts(answer: Answer | undefined): string[] | undefined {
  return (answer?.data as ReadFile[] | undefined)?.map(({ text }) => text);
}

/** Sends a body in pieces, each in a packet of its own as far as the system agrees. */
async function postInPieces(body: Buffer, at: readonly number[]): Promise<Answer | undefined> {
  using connection = new FormConnection(server.port);
  connection.socket.setNoDelay(true);
  connection.send(requestHead(body));
  const offsets = [
    0,
    ...at.map((fraction) => Math.floor(fraction * body.length)).sort((a, b) => a - b),
    body.length,
  ];
  for (const [index, offset] of offsets.slice(1).entries()) {
    connection.send(body.subarray(offsets[index], offset));
    await new Promise(setImmediate);
  }
  return await connection.answer();
}

test("reads the same bytes however a form is split into packets", async () => {
  await fc.assert(
    fc.asyncProperty(contents, cuts, async (files, at) => {
      const answer = await postInPieces(formOf(files), at);
      expect(texts(answer)).toEqual(files.map((file) => file.toString("latin1")));
    }),
  );
});

test("responds to a form with changed bytes, and serves the next request", async () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.uint8Array({ maxLength: 4 }),
    removed: fc.nat(4),
  });
  await fc.assert(
    fc.asyncProperty(contents, fc.array(change, { minLength: 1, maxLength: 4 }), async (files, changes) => {
      const body = changes.reduce((form, { at, bytes, removed }) => {
        const offset = Math.floor(at * form.length);
        return Buffer.concat([form.subarray(0, offset), bytes, form.subarray(offset + removed)]);
      }, formOf(files));
      expect([200, 400]).toContain((await post(server, body))?.status);
    }),
  );
  expect(texts(await post(server, formOf([Buffer.from("good")])))).toEqual(["good"]);
});

test("refuses random bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      const form = Buffer.concat([Buffer.from("--boundary\r\n"), bytes]);
      expect((await post(server, form))?.status).toBe(400);
    }),
  );
});
