import type { NameAndValue } from "../../core/name-and-value.ts";
import { toChecksumHeader } from "../checksums/checksum.ts";
import { encodeMetadataValue } from "../headers/metadata-value.ts";
import type { ObjectDescription } from "./object-description.ts";
import { toTermHeaders } from "./storage-terms.ts";
import { toTaggingHeader } from "./tags.ts";

const metadataPrefix = "x-amz-meta-";

/** The headers of a PutObject that stores an object with this description. Names are in lower case. */
export function toHeaders(description: ObjectDescription): NameAndValue[] {
  const headers = commonHeaders(description);
  if (description.tags.length > 0) {
    headers.push({ name: "x-amz-tagging", value: toTaggingHeader(description.tags) });
  }
  if (description.checksum !== undefined) headers.push(toChecksumHeader(description.checksum));
  if (!description.overwrite) headers.push({ name: "if-none-match", value: "*" });
  return headers;
}

/** The headers that a form has as fields of the same names, apart from upper and lower case. */
export function commonHeaders(description: ObjectDescription): NameAndValue[] {
  const optional: readonly (readonly [string, string | undefined])[] = [
    ["content-type", description.contentType],
    ["content-disposition", description.contentDisposition],
    ["content-encoding", description.contentEncoding],
    ["cache-control", description.cacheControl],
  ];
  const headers = optional.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const metadata = description.metadata.map(({ name, value }) => ({
    name: `${metadataPrefix}${name}`,
    value: encodeMetadataValue(value),
  }));
  return [...headers, ...metadata, ...toTermHeaders(description)];
}
