import { badUserInput } from "../../core/errors.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import { toChecksumHeader } from "../checksums/checksum.ts";
import { commonHeaders } from "./description-headers.ts";
import type { ObjectDescription } from "./object-description.ts";
import { toTaggingXml } from "./tags.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html#RESTObjectPOST-requests-form-fields
const formFieldNames: ReadonlyMap<string, string> = new Map([
  ["cache-control", "Cache-Control"],
  ["content-type", "Content-Type"],
  ["content-disposition", "Content-Disposition"],
  ["content-encoding", "Content-Encoding"],
]);

/** The fields of a form that stores an object with this description. */
export function toFormFields(description: ObjectDescription): NameAndValue[] {
  const fields = commonHeaders(description).map(({ name, value }) => ({
    name: formFieldNames.get(name) ?? name,
    value,
  }));
  if (description.tags.length > 0) fields.push({ name: "tagging", value: toTaggingXml(description.tags) });
  if (description.checksum !== undefined) {
    fields.push({ name: "x-amz-checksum-algorithm", value: description.checksum.algorithm });
    fields.push(toChecksumHeader(description.checksum));
  }
  return fields;
}

// S3 replaces this variable with the name of the client's file, so it would not store what was signed.
const filenameVariable = "${filename}";

/**
 * Refuses values that a PUT can carry and a form cannot.
 * @throws {ValetKeyError} BAD_USER_INPUT for `method`, `key` or the property of the description
 */
export function assertFitsForm(key: string, description: ObjectDescription): void {
  if (!description.overwrite) {
    throw badUserInput(
      "method",
      "A form cannot prevent an object from being replaced. Use PUT, with the exact size.",
    );
  }
  const values: readonly (readonly [string, string | undefined])[] = [
    ["key", key],
    ["contentType", description.contentType],
    ["contentDisposition", description.contentDisposition],
    ["contentEncoding", description.contentEncoding],
    ["cacheControl", description.cacheControl],
    ...description.metadata.map(({ name, value }) => ["metadata", `${name} ${value}`] as const),
  ];
  const found = values.find(([, value]) => value?.includes(filenameVariable));
  if (found !== undefined)
    throw badUserInput(
      found[0],
      `A form cannot contain "${filenameVariable}", which S3 would replace. Use PUT, with the exact size.`,
    );
}
