import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteLimit } from "../../../src/core/byte-limit.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));

test("passes on a body within the limit unchanged, and fails for one byte more", async () => {
  await fc.assert(
    fc.asyncProperty(chunks, async (sent) => {
      const whole = Buffer.concat(sent);
      const fitting = new ByteLimit(whole.length);
      const [received] = await Promise.all([buffer(fitting), pipeline(Readable.from(sent), fitting)]);
      expect(received).toEqual(whole);
      expect(fitting.bytes).toBe(whole.length);
      if (whole.length === 0) return;
      const tight = new ByteLimit(whole.length - 1, { field: "file" });
      await expect(pipeline(Readable.from(sent), tight, buffer)).rejects.toMatchObject({
        code: "UPLOAD_TOO_LARGE",
        field: "file",
      });
    }),
  );
});

test.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
  "takes no limit of %d bytes",
  (maxBytes) => {
    expect(() => new ByteLimit(maxBytes)).toThrow(RangeError);
  },
);
