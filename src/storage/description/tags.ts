import { badUserInput } from "../../core/errors.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import { uriEncode } from "../../core/uri-encode.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const maxTags = 10;
const maxTagName = 128;
const maxTagValue = 256;
const tagCharacters = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseTags(tags: readonly NameAndValue[], field: string): readonly NameAndValue[] {
  if (tags.length > maxTags) throw badUserInput(field, "An object has at most 10 tags.");
  if (new Set(tags.map(({ name }) => name)).size < tags.length) {
    throw badUserInput(field, "A tag occurs twice.");
  }
  for (const { name, value } of tags) {
    // S3 counts UTF-16 code units.
    const hasValidLength = name !== "" && name.length <= maxTagName && value.length <= maxTagValue;
    const hasValidCharacters = tagCharacters.test(name) && tagCharacters.test(value);
    if (!hasValidLength || !hasValidCharacters || name.toLowerCase().startsWith("aws:")) {
      throw badUserInput(
        field,
        "A tag has a name of 1 to 128 characters and a value of up to 256. They are letters, digits, spaces and + - = . _ : / @, and the name does not begin with aws:.",
      );
    }
  }
  return tags;
}

/** The value of the x-amz-tagging header: `project=valet%20key&year=2026`. */
export function toTaggingHeader(tags: readonly NameAndValue[]): string {
  return tags.map(({ name, value }) => `${uriEncode(name)}=${uriEncode(value)}`).join("&");
}

/** The value of the form field `tagging`. */
export function toTaggingXml(tags: readonly NameAndValue[]): string {
  const elements = tags.map(
    ({ name, value }) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
  );
  return `<Tagging><TagSet>${elements.join("")}</TagSet></Tagging>`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
