import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { badUserInput } from "../../core/errors.ts";
import { fromS3Metadata } from "../description/metadata.ts";
import type { DescriptionChanges, ObjectDescription } from "../description/object-description.ts";
import { objectTags } from "../objects/object-tags.ts";
import type { CopySource } from "./copy-source.ts";

/**
 * Refuses a change that S3 does not apply to a copy.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function assertCopyable({ checksum }: DescriptionChanges): void {
  if (checksum === undefined) return;
  throw badUserInput("checksum", "A copy takes no checksum, because S3 does not verify it.");
}

/** Whether the changes concern anything other than the tags. */
export function changesDescription({ tags: _, overwrite: __, ...changes }: DescriptionChanges): boolean {
  return Object.values(changes).some((change) => change !== undefined);
}

/** The description of the copy, without the source's tags: a HEAD does not return them. */
export function mergedDescription(
  changes: DescriptionChanges,
  source: HeadObjectCommandOutput,
): ObjectDescription {
  return {
    contentType: changes.contentType ?? source.ContentType,
    contentDisposition: changes.contentDisposition ?? source.ContentDisposition,
    contentEncoding: changes.contentEncoding ?? source.ContentEncoding,
    contentLanguage: changes.contentLanguage ?? source.ContentLanguage,
    cacheControl: changes.cacheControl ?? source.CacheControl,
    expires: changes.expires ?? expiresOf(source),
    metadata: changes.metadata ?? fromS3Metadata(source.Metadata),
    tags: changes.tags ?? [],
    overwrite: changes.overwrite,
  };
}

/** The same with the source's tags, for which S3 is asked if there are any. */
export async function wholeDescription(
  changes: DescriptionChanges,
  { s3, address, head }: CopySource,
): Promise<ObjectDescription> {
  const merged = mergedDescription(changes, head);
  if (changes.tags !== undefined || head.TagCount === 0) return merged;
  return { ...merged, tags: await objectTags(s3, address) };
}

/**
 * An Expires header that is not a date, such as "0", means a time in the past.
 * https://www.rfc-editor.org/rfc/rfc9111#section-5.3
 */
function expiresOf({ Expires, ExpiresString }: HeadObjectCommandOutput): Date | undefined {
  return Expires ?? (ExpiresString === undefined ? undefined : new Date(0));
}
