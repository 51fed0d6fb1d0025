import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ReadResponse } from "./direct-caller.ts";

export interface HeadResponse extends HeadObjectCommandOutput {
  /** The `Date` header, which the SDK does not return. */
  Date?: string | undefined;
}

export const readHead: ReadResponse = async (response, bySdk) => {
  // The owner of an object chooses this text. The SDK fails if it is not a date, and no caller reads it.
  delete response.headers.expires;
  return Object.assign(await bySdk(), fromHeaders(response.headers));
};

const prefix = "x-amz-meta-";

/**
 * Returns all metadata, and the time of the response. The SDK collects metadata in a plain object, which loses the name
 * `__proto__`.
 */
export function fromHeaders(
  headers: Readonly<Record<string, string>>,
): Pick<HeadResponse, "Metadata" | "Date"> {
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName.startsWith(prefix)) metadata[lowerCaseName.slice(prefix.length)] = value;
  }
  return { Metadata: metadata, Date: headers.date };
}
