import { badUserInput } from "../../core/errors.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import { tokenPattern } from "../headers/header-value.ts";
import { decodeMetadataValue, encodeMetadataValue } from "../headers/metadata-value.ts";

const maxNameLength = 128;
const maxMetadataBytes = 2048;
const nameShape = new RegExp(`^${tokenPattern}$`);
const controlCharacter = /\p{Cc}/u;

/**
 * Metadata with its names in lower case, as S3 keeps them.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseMetadata(metadata: readonly NameAndValue[], field: string): NameAndValue[] {
  const parsed = metadata.map(({ name, value }) => ({ name: name.toLowerCase(), value }));
  for (const { name, value } of parsed) {
    if (name.length > maxNameLength || !nameShape.test(name)) {
      throw badUserInput(
        field,
        "A metadata name is a valid header name of up to 128 characters, such as letters, digits and hyphens.",
      );
    }
    if (!value.isWellFormed() || controlCharacter.test(value)) {
      throw badUserInput(field, "A metadata value is well-formed Unicode without control characters.");
    }
  }
  if (new Set(parsed.map(({ name }) => name)).size < parsed.length) {
    throw badUserInput(field, "A metadata name occurs twice. Upper and lower case are the same name.");
  }
  // The encoded size is limited, because that is what a store counts.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
  const bytes = parsed.reduce(
    (sum, { name, value }) => sum + name.length + encodeMetadataValue(value).length,
    0,
  );
  if (bytes > maxMetadataBytes) {
    throw badUserInput(
      field,
      "The names and values of the metadata have at most 2,048 bytes together. A value that is not plain ASCII counts as base64.",
    );
  }
  return parsed;
}

/**
 * Converts metadata to an object for the SDK. It has no prototype, so that it keeps every name that a client chooses.
 */
export function toS3Metadata(metadata: readonly NameAndValue[]): Record<string, string> {
  const encoded: Record<string, string> = Object.create(null);
  for (const { name, value } of metadata) encoded[name] = encodeMetadataValue(value);
  return encoded;
}

/** Metadata as S3 returned it. */
export function fromS3Metadata(metadata: Readonly<Record<string, string>> = {}): NameAndValue[] {
  return Object.entries(metadata).map(([name, value]) => ({ name, value: decodeMetadataValue(value) }));
}
