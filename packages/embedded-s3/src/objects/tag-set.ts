import { StoreError } from "../core/store-error.ts";
import { malformedXml, type ParsedElement, type XmlContent } from "../http/xml.ts";
import type { Tags } from "../store/object-version.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const maxTags = 10;
const maxNameCharacters = 128;
const maxValueCharacters = 256;
const allowedCharacters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** @throws {StoreError} InvalidArgument, BadRequest, InvalidTag */
export function parseTaggingHeader(header: string | undefined): Tags {
  if (header === undefined || header === "") return {};
  const pairs = header.split("&").map((pair) => {
    const [name = "", value = "", ...rest] = pair.split("=");
    if (rest.length > 0) throw malformedHeader();
    return [decode(name), decode(value)] as const;
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw malformedHeader();
  return validateTags(pairs);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw malformedHeader();
  }
}

function malformedHeader(): StoreError {
  return new StoreError(
    400,
    "InvalidArgument",
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    { details: { ArgumentName: "x-amz-tagging" } },
  );
}

/** @throws {StoreError} MalformedXML, BadRequest, InvalidTag */
export function parseTaggingDocument(root: ParsedElement): Tags {
  const [set, ...others] = root.children("TagSet");
  if (set === undefined || others.length > 0) throw malformedXml();
  const pairs = set.children("Tag").map((tag) => {
    const name = tag.childText("Key");
    const value = tag.childText("Value");
    if (name === undefined || value === undefined) throw malformedXml();
    return [name, value] as const;
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new StoreError(400, "InvalidTag", "Cannot provide multiple Tags with the same key");
  }
  return validateTags(pairs);
}

function validateTags(pairs: readonly (readonly [name: string, value: string])[]): Tags {
  if (pairs.length > maxTags) {
    throw new StoreError(400, "BadRequest", `Object tags cannot be greater than ${maxTags}`);
  }
  for (const [name, value] of pairs) {
    if (
      name === "" ||
      name.length > maxNameCharacters ||
      !allowedCharacters.test(name) ||
      /^aws:/i.test(name)
    ) {
      throw new StoreError(400, "InvalidTag", "The TagKey you have provided is invalid", {
        details: { TagKey: name },
      });
    }
    if (value.length > maxValueCharacters || !allowedCharacters.test(value)) {
      throw new StoreError(400, "InvalidTag", "The TagValue you have provided is invalid", {
        details: { TagKey: name, TagValue: value },
      });
    }
  }
  return Object.fromEntries(pairs);
}

export function renderTags(tags: Tags): XmlContent {
  return { TagSet: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
}
