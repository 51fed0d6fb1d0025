import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { toS3Metadata } from "./metadata.ts";
import type { ObjectDescription } from "./object-description.ts";
import { toTermsInput } from "./storage-terms.ts";
import { toTaggingHeader } from "./tags.ts";

type DescriptionInput = Pick<
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

/** The parameters of PutObject and CreateMultipartUpload that describe the object. */
export function toS3Input(
  description: ObjectDescription,
): DescriptionInput & ReturnType<typeof toTermsInput> {
  return {
    ...toS3InputWithoutTags(description),
    ...toTermsInput(description),
    Tagging: toTaggingParameter(description),
  };
}

/** Those that a copy keeps or replaces together. */
export function toS3InputWithoutTags(description: ObjectDescription): Omit<DescriptionInput, "Tagging"> {
  const { metadata } = description;
  return {
    ContentType: description.contentType,
    ContentDisposition: description.contentDisposition,
    ContentEncoding: description.contentEncoding,
    ContentLanguage: description.contentLanguage,
    CacheControl: description.cacheControl,
    Expires: description.expires,
    Metadata: metadata.length > 0 ? toS3Metadata(metadata) : undefined,
  };
}

export function toTaggingParameter({ tags }: ObjectDescription): string | undefined {
  return tags.length > 0 ? toTaggingHeader(tags) : undefined;
}

/** The value of IfNoneMatch. */
export function toIfNoneMatch({ overwrite }: Pick<ObjectDescription, "overwrite">): string | undefined {
  return overwrite ? undefined : "*";
}
