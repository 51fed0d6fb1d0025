import type { ListObjectsV2Output } from "@aws-sdk/client-s3";
import { type Element, type Elements, IrregularXml, RegularXml } from "./regular-xml.ts";

const start = /^(?:<\?xml [^<>]*\?>)?\s*<ListBucketResult(?: xmlns="[^"<>&]*")?>/;

/**
 * Parses a response of ListObjectsV2 as the SDK does, in a quarter of the time. It returns undefined for a response that it
 * does not read as surely as the SDK.
 */
export function parsePage(xml: string): ListObjectsV2Output | undefined {
  const [opening] = start.exec(xml) ?? [];
  // XML changes a carriage return into a newline.
  if (opening === undefined || xml.includes("\r")) return undefined;
  try {
    const reader = new RegularXml(xml, opening.length);
    const content = reader.structure("</ListBucketResult>", page);
    reader.end();
    return content;
  } catch (error) {
    if (error instanceof IrregularXml) return undefined;
    throw error;
  }
}

function text(name: string): Element {
  const closingTag = `</${name}>`;
  return { name, isList: false, read: (xml) => xml.text(closingTag) };
}

function number(name: string): Element {
  return converted(name, /^\d{1,15}$/, Number);
}

function flag(name: string): Element {
  return converted(name, /^(?:true|false)$/, (value) => value === "true");
}

function time(name: string): Element {
  return converted(name, /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,3})?Z$/, (value) => {
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) throw new IrregularXml();
    return date;
  });
}

function converted(name: string, pattern: RegExp, convert: (text: string) => unknown): Element {
  const closingTag = `</${name}>`;
  const read = (xml: RegularXml) => {
    const value = xml.text(closingTag);
    if (!pattern.test(value)) throw new IrregularXml();
    return convert(value);
  };
  return { name, isList: false, read };
}

function structure(name: string, ...members: readonly Element[]): Element {
  const closingTag = `</${name}>`;
  const elements = byName(members);
  return { name, isList: false, read: (xml) => xml.structure(closingTag, elements) };
}

function listOf(element: Element): Element {
  return { ...element, isList: true };
}

function byName(elements: readonly Element[]): Elements {
  return new Map(elements.map((element) => [element.name, element]));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
const page = byName([
  listOf(
    structure(
      "Contents",
      text("Key"),
      time("LastModified"),
      text("ETag"),
      number("Size"),
      text("StorageClass"),
      listOf(text("ChecksumAlgorithm")),
      text("ChecksumType"),
      structure("Owner", text("DisplayName"), text("ID")),
      structure("RestoreStatus", flag("IsRestoreInProgress"), time("RestoreExpiryDate")),
    ),
  ),
  listOf(structure("CommonPrefixes", text("Prefix"))),
  flag("IsTruncated"),
  text("Name"),
  text("Prefix"),
  text("Delimiter"),
  number("MaxKeys"),
  text("EncodingType"),
  number("KeyCount"),
  text("ContinuationToken"),
  text("NextContinuationToken"),
  text("StartAfter"),
]);
