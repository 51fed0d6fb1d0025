import type { NameAndValue } from "../../core/name-and-value.ts";
import { type Checksum, type GivenChecksum, parseChecksum } from "../checksums/checksum.ts";
import { parseContentEncoding, parseDispositionHeader, parseHeaderValue } from "../headers/header-value.ts";
import { parseMediaType } from "../headers/media-type.ts";
import { parseMetadata } from "./metadata.ts";
import { parseStorageClass, type StorageTerms } from "./storage-terms.ts";
import { parseTags } from "./tags.ts";

/**
 * How an object is to be stored. It is rendered to signed headers (`description-headers.ts`), to form fields
 * (`description-form-fields.ts`) or to the SDK's input (`description-parameters.ts`), and never parsed back from them.
 */
export interface ObjectDescription extends StorageTerms {
  readonly contentType?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /** Only copies have it. The API does not accept it, but the original may have one. */
  readonly contentLanguage?: string | undefined;
  readonly cacheControl?: string | undefined;
  /** Only copies have it, like the language. */
  readonly expires?: Date | undefined;
  /** Names are in lower case and unique. Values are decoded. */
  readonly metadata: readonly NameAndValue[];
  readonly tags: readonly NameAndValue[];
  /** The checksum of the whole object. S3 stores nothing if the bytes have another one. */
  readonly checksum?: Checksum | undefined;
  /** With `false`, S3 refuses to replace an object. */
  readonly overwrite: boolean;
}

/** Changes to the description of an object that is copied. A value that is undefined is kept from the original. */
export interface DescriptionChanges extends Omit<ObjectDescription, "metadata" | "tags" | "kmsKey"> {
  readonly metadata?: readonly NameAndValue[] | undefined;
  readonly tags?: readonly NameAndValue[] | undefined;
}

type Given<Value> = Value | null | undefined;

/** A description as a client gives it. */
export interface GivenDescription {
  readonly contentType?: Given<string>;
  readonly contentDisposition?: Given<string>;
  readonly contentEncoding?: Given<string>;
  readonly cacheControl?: Given<string>;
  readonly metadata?: Given<readonly NameAndValue[]>;
  readonly tags?: Given<readonly NameAndValue[]>;
  readonly checksum?: Given<GivenChecksum>;
  readonly storageClass?: Given<string>;
  readonly overwrite?: Given<boolean>;
}

/** @throws {ValetKeyError} BAD_USER_INPUT, with the name of the property as its field */
export function parseDescription(given: GivenDescription): ObjectDescription {
  const changes = parseDescriptionChanges(given);
  return { ...changes, metadata: changes.metadata ?? [], tags: changes.tags ?? [] };
}

/** @throws {ValetKeyError} BAD_USER_INPUT, with the name of the property as its field */
export function parseDescriptionChanges(given: GivenDescription): DescriptionChanges {
  return {
    contentType: optional(given.contentType, "contentType", (value, field) => {
      parseMediaType(value, field);
      return value;
    }),
    contentDisposition: optional(given.contentDisposition, "contentDisposition", parseDispositionHeader),
    contentEncoding: optional(given.contentEncoding, "contentEncoding", parseContentEncoding),
    cacheControl: optional(given.cacheControl, "cacheControl", parseHeaderValue),
    metadata: optional(given.metadata, "metadata", parseMetadata),
    tags: optional(given.tags, "tags", parseTags),
    checksum: optional(given.checksum, "checksum", parseChecksum),
    storageClass: optional(given.storageClass, "storageClass", parseStorageClass),
    overwrite: given.overwrite ?? true,
  };
}

function optional<Value, Parsed>(
  value: Given<Value>,
  field: string,
  parse: (value: Value, field: string) => Parsed,
): Parsed | undefined {
  return value === null || value === undefined ? undefined : parse(value, field);
}
