import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMetadataValue, encodeMetadataValue } from "../../../../src/storage/headers/metadata-value.ts";

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(..."a =?_BQé한😀"), maxLength: 200 }),
);

describe("metadata values", () => {
  test("are decoded to what was encoded", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(decodeMetadataValue(encodeMetadataValue(text))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are sent as printable ASCII, in encoded words of at most 75 characters", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const header = encodeMetadataValue(text);
        expect(header).toMatch(/^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/);
        if (header !== text) {
          for (const word of header.split(" ")) {
            expect(word).toMatch(/^=\?UTF-8\?B\?[A-Za-z0-9+/]+=*\?=$/);
            expect(word.length).toBeLessThanOrEqual(75);
          }
        }
      }),
    );
  });

  test("are sent unchanged if they are plain ASCII", () => {
    expect(encodeMetadataValue("AMAZONS3 plain, text; 100%")).toBe("AMAZONS3 plain, text; 100%");
    expect(encodeMetadataValue("zoë")).toBe("=?UTF-8?B?em/Dqw==?=");
    expect(encodeMetadataValue(" padded ")).toBe("=?UTF-8?B?IHBhZGRlZCA=?=");
  });
});

describe("decodeMetadataValue", () => {
  test.each([
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
    ["=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "Ã\u0084MÃ\u0084ZÃ\u0095Ã\u0091 S3"],
    ["=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=", "ÄMÄZÕÑ S3"],
    ["=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"],
    ["=?ISO-8859-1?Q?a?= b", "a b"],
    ["=?utf-8*en?b?w6k=?=", "é"],
    ["before =?UTF-8?B?w6k=?= after", "before é after"],
    // Raw UTF-8, as Node reads it.
    ["zo\u00c3\u00ab", "zoë"],
    ["zo\u00eb", "zoë"],
    // Not an encoded word, a charset that nobody knows, bytes that are no UTF-8: as it is.
    ["=?UTF-8?B?", "=?UTF-8?B?"],
    ["=?klingon?B?w6k=?=", "=?klingon?B?w6k=?="],
    ["=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="],
    // No base64, none of Q's escapes, no text at all: as it is, with the space between two such.
    ["=?UTF-8?B?!!!?=", "=?UTF-8?B?!!!?="],
    ["=?UTF-8?B?w6k?=", "=?UTF-8?B?w6k?="],
    ["=?UTF-8?B?w6l=?=", "=?UTF-8?B?w6l=?="],
    ["=?UTF-8?B??=", "=?UTF-8?B??="],
    ["=?UTF-8?Q?100=?=", "=?UTF-8?Q?100=?="],
    ["=?UTF-8?Q?=ZZ?=", "=?UTF-8?Q?=ZZ?="],
    ["=?UTF-8?B?!?= =?UTF-8?B?!?=", "=?UTF-8?B?!?= =?UTF-8?B?!?="],
    ["=?UTF-8?B?!?= =?UTF-8?B?w6k=?=", "=?UTF-8?B?!?= é"],
    ["=?UTF-8?B?w6k=?= =?UTF-8?B?!?=", "é =?UTF-8?B?!?="],
    ["=?UTF-8?Q?a?=  =?UTF-8?Q?b?= =?UTF-8?Q?c?=", "abc"],
  ])("%s", (header, text) => {
    expect(decodeMetadataValue(header)).toBe(text);
  });
});
