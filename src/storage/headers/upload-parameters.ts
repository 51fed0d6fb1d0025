import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { type Checksum, checksumAlgorithms } from "./checksums.ts";

/** The headers of an upload (names in lower case), as `uploadHeaders` makes them. */
export type UploadHeaderMap = Readonly<Record<string, string>>;

type DescriptiveParameters = Pick<
  PutObjectCommandInput,
  | "ContentType"
  | "ContentDisposition"
  | "ContentEncoding"
  | "ContentLanguage"
  | "CacheControl"
  | "Expires"
  | "Metadata"
  | "Tagging"
>;

const metadataPrefix = "x-amz-meta-";
const checksumPrefix = "x-amz-checksum-";

/** The headers that describe an object, under the SDK's names; only those that are there. */
export function descriptiveParameters(headers: UploadHeaderMap): DescriptiveParameters {
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith(metadataPrefix))
    .map(([name, value]) => [name.slice(metadataPrefix.length), value]);
  const parameters: DescriptiveParameters = {
    ContentType: headers["content-type"],
    ContentDisposition: headers["content-disposition"],
    ContentEncoding: headers["content-encoding"],
    ContentLanguage: headers["content-language"],
    CacheControl: headers["cache-control"],
    Expires: headers.expires === undefined ? undefined : new Date(headers.expires),
    Tagging: headers["x-amz-tagging"],
    Metadata: metadata.length > 0 ? Object.fromEntries(metadata) : undefined,
  };
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

/** The checksum of the whole object that the headers promise. */
export function promisedChecksum(headers: UploadHeaderMap): Checksum | undefined {
  for (const algorithm of checksumAlgorithms) {
    const value = headers[checksumPrefix + algorithm.toLowerCase()];
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}

/** Whether the headers forbid to replace an object that is there. */
export function forbidsOverwrite(headers: UploadHeaderMap): boolean {
  return headers["if-none-match"] === "*";
}

/** A checksum as a parameter of the SDK's commands. */
export function checksumParameter(checksum: Checksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}
