import { Field, ID, Int } from "type-graphql";
import { DateTimeISO, SafeInt } from "./scalars.ts";

/** Decorators for fields that many types, inputs and arguments share. */

export const BucketField = () => Field(() => String, { description: "The name of the bucket." });

export const KeyField = () => Field(() => String, { description: "The key of the object." });

export const RegionField = () =>
  Field(() => String, { description: "The AWS region of the bucket, such as `eu-central-1`." });

export const SizeField = () => Field(() => SafeInt, { description: "The size in bytes." });

export const ExpiresAtField = (description: string) => Field(() => DateTimeISO, { description });

export const KeyArgument = () =>
  Field(() => String, {
    description:
      "The key of the object, exactly as it is stored: 1 to 1,024 bytes of UTF-8. Do not percent-encode it.",
  });

export const RegionArgument = () =>
  Field(() => String, {
    nullable: true,
    description:
      "The AWS region of the bucket. If omitted, the server's default region is used. The server's operator decides which regions are allowed; another one is `BAD_USER_INPUT`.",
  });

export const VersionIdArgument = () =>
  Field(() => String, {
    nullable: true,
    description: "The id of a version, for buckets with versioning. If omitted, the latest version is used.",
  });

export const UploadIdArgument = (source: string) =>
  Field(() => ID, { description: `The id of a multipart upload, from ${source}.` });

const defaultPageSize = 100;

export const FirstArgument = (items: string) =>
  Field(() => Int, {
    nullable: true,
    defaultValue: defaultPageSize,
    description: `The largest number of ${items} on the page, from 1 to 1,000.`,
  });

export const AfterArgument = (restriction: string) =>
  Field(() => String, {
    nullable: true,
    description: `The page starts after this cursor: the \`endCursor\` of the previous page, or the \`cursor\` of an edge. ${restriction}`,
  });
