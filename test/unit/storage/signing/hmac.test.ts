import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hmacHex, hmacKey } from "../../../../src/storage/signing/hmac.ts";

describe("HMAC-SHA256", () => {
  test("equals Node's for any key and message", () => {
    const anyKey = fc.uint8Array({ minLength: 0, maxLength: 64 });
    const anyMessage = fc.string({ unit: "binary-ascii", maxLength: 5000 });
    fc.assert(
      fc.property(anyKey, anyMessage, (key, message) => {
        expect(hmacHex(hmacKey(key), message)).toBe(createHmac("sha256", key).update(message).digest("hex"));
      }),
    );
  });

  // https://www.rfc-editor.org/rfc/rfc4231#section-4.3
  test("matches the test vectors of RFC 4231", () => {
    expect(hmacHex(hmacKey(Buffer.from("Jefe")), "what do ya want for nothing?")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  test("refuses a key that would have to be hashed first", () => {
    expect(() => hmacKey(Buffer.alloc(65))).toThrow(RangeError);
  });

  test("has keys that keep no other memory than their own", () => {
    const { innerPad, outerPad } = hmacKey(Buffer.from("Jefe"));
    expect([innerPad.buffer.byteLength, outerPad.buffer.byteLength]).toEqual([64, 64]);
  });
});
