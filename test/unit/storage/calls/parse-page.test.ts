import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePage } from "../../../../src/storage/calls/parse-page.ts";
import { s3WithResponses } from "./s3-with-responses.ts";

let body = "";
const { s3 } = s3WithResponses("sdk", () => ({ status: 200, body }));

/** The page as the SDK reads it. */
async function bySdk(xml: string) {
  body = xml;
  const { $metadata, ...page } = await s3.send(new ListObjectsV2Command({ Bucket: "photos" }));
  return page;
}

const start =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
const end = "</ListBucketResult>";
const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\n": "&#10;",
  "\r": "&#xD;",
  "\t": "&#9;",
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"'\n\r\t]/g, (character) => references[character] ?? "");
}

function element(name: string, content: string): string {
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(..."<>&\"'/]! \n\r\té한😀"), maxLength: 20 }),
);
const text = anyText.filter((value) => value === "" || value.trim() !== "").map(escapeXml);
const number = fc
  .oneof(fc.nat(), fc.nat(Number.MAX_SAFE_INTEGER - 1))
  .map((value) => String(value).slice(0, 15));
const flag = fc.boolean().map(String);
const time = fc
  .date({ min: new Date(0), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Some of the elements, in any order. */
function someOf(contents: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const elements = Object.entries(contents).map(([name, content]) =>
    content.map((value) => element(name, value)),
  );
  const separator = fc.constantFrom("", "", "\n  ");
  return fc
    .tuple(fc.tuple(...elements), fc.nat(), separator)
    .chain(([all, , between]) => fc.shuffledSubarray(all).map((some) => some.join(between)));
}

const contents = someOf({
  Key: text,
  LastModified: time,
  ETag: text,
  Size: number,
  StorageClass: fc.constantFrom("STANDARD", "GLACIER", "DEEP_ARCHIVE"),
  ChecksumAlgorithm: fc.constantFrom("CRC32", "CRC64NVME"),
  ChecksumType: fc.constantFrom("COMPOSITE", "FULL_OBJECT"),
  Owner: someOf({ ID: text, DisplayName: text }),
  RestoreStatus: someOf({ IsRestoreInProgress: flag, RestoreExpiryDate: time }),
  Type: text,
});

const page = fc
  .tuple(
    someOf({
      Name: text,
      Prefix: text,
      Delimiter: text,
      MaxKeys: number,
      KeyCount: number,
      IsTruncated: flag,
      EncodingType: text,
      ContinuationToken: text,
      NextContinuationToken: text,
      StartAfter: text,
      Marker: text,
    }),
    fc.array(
      contents.map((content) => element("Contents", content)),
      { maxLength: 5 },
    ),
    fc.array(
      text.map((prefix) => element("CommonPrefixes", element("Prefix", prefix))),
      { maxLength: 5 },
    ),
  )
  .map(([head, objects, folders]) => `${start}${head}${objects.join("")}${folders.join("\n")}${end}\n`);

/** What makes a page unusual or malformed. */
const oddities = fc.constantFrom(
  ..."<>&\"'/ \n\r\t\u00a0",
  "<!-- a -->",
  "<![CDATA[<Key>b</Key>]]>",
  "<?a b?>",
  "&#x1F600;",
  "&nbsp;",
  "<Key>",
  "</Key>",
  "</Contents>",
  "<__proto__>a</__proto__>",
  '<Key a="b">c</Key>',
  "<Size>1e3</Size>",
  "<Size></Size>",
  "<LastModified>2026-02-30T00:00:00Z</LastModified>",
  "<LastModified>2026-11-28T24:00:00Z</LastModified>",
  "<LastModified>2026-11-28T23:59:60Z</LastModified>",
  "<LastModified>0001-01-01T00:00:00Z</LastModified>",
  "<LastModified>2026-11-28T00:00:00.1234567Z</LastModified>",
  "<IsTruncated>TRUE</IsTruncated>",
  "<Unknown><Key>a</Key></Unknown>",
  "</Error>",
);

describe("parsePage", () => {
  test("reads each page that a store writes, as the SDK does", async () => {
    await fc.assert(
      fc.asyncProperty(page, async (xml) => {
        expect(parsePage(xml)).toEqual(await bySdk(xml));
      }),
      { numRuns: 100 },
    );
  });

  test("reads unusual and malformed pages as the SDK does, or leaves them to the SDK", async () => {
    const oddPage = fc.tuple(page, fc.nat(), oddities).map(([xml, position, oddity]) => {
      const at = position % (xml.length + 1);
      const odd = xml.slice(0, at) + oddity + xml.slice(at);
      // As it arrives: without halves of characters.
      return Buffer.from(odd).toString();
    });
    await fc.assert(
      fc.asyncProperty(oddPage, async (xml) => {
        const parsed = parsePage(xml);
        if (parsed !== undefined) expect(parsed).toEqual(await bySdk(xml));
      }),
      // Always the same pages. 15,000 others were tried once.
      { numRuns: 500, seed: 60 },
    );
  });

  test("finds no elements in the key of an object", () => {
    fc.assert(
      fc.property(
        anyText.filter((key) => key.trim() !== ""),
        (key) => {
          const xml = `${start}<Contents><Key>${escapeXml(key)}</Key></Contents>${end}`;
          expect(parsePage(xml)).toEqual({ Contents: [{ Key: key }] });
        },
      ),
    );
  });

  test.each([
    ["an element in a text", "<Contents><Key>a<Size>1</Size></Key></Contents>"],
    ["a text beside elements", "<Contents>a<Size>1</Size></Contents>"],
    ["an element twice", "<Contents><Key>a</Key><Key>b</Key></Contents>"],
    ["CDATA", "<Contents><Key><![CDATA[a]]></Key></Contents>"],
    ["an entity of its own", "<Contents><Key>&a;</Key></Contents>"],
    ["a time that is no time", "<Contents><LastModified>2026-11-28T24:00:00Z</LastModified></Contents>"],
    ["an end that is missing", "<Contents><Key>a</Key>"],
  ])("leaves %s to the SDK", (_, content) => {
    expect(parsePage(`${start}${content}${end}`)).toBeUndefined();
  });

  test("takes time in proportion to the length of a malformed page", () => {
    const many = 200_000;
    for (const content of ["<Key>", "<", "&", "<Contents>", " ", "<a/>", "<!--"]) {
      expect(parsePage(`${start}${content.repeat(many)}`)).toBeUndefined();
    }
  });
});
