import { Field, ID, Int, ObjectType } from "type-graphql";
import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import { Cost, urlValues } from "../types/field-cost.ts";
import { BucketField, ExpiresAtField, KeyField, RegionField } from "../types/fields.ts";
import { KeyValue } from "../types/key-value.ts";
import { DateTimeISO, SafeInt } from "../types/scalars.ts";

@ObjectType({
  simpleResolvers: true,
  description:
    "A part of the file to send: a presigned PUT request, whose body is one slice of the file. Part n starts at byte (n - 1) × `partSize`.",
})
export class UploadPart {
  @Field(() => Int, { description: "The number of the part, from 1." })
  number!: number;

  @Field(() => SafeInt, {
    description: "The exact length of the slice in bytes. It is signed, so S3 refuses another length.",
  })
  size!: number;

  @Cost({ value: urlValues })
  @Field(() => String, { description: "The URL to send the PUT request to. Use it unchanged." })
  url!: string;

  @Cost({ items: 10 })
  @Field(() => [KeyValue], { description: "The headers of the request. Send all of them exactly as given." })
  headers!: KeyValue[];

  @ExpiresAtField("The upload of the part has to start before this moment. After it, ask for the part again.")
  expiresAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A part that S3 has received." })
export class UploadedPart {
  @Field(() => Int, { description: "The number of the part, from 1." })
  number!: number;

  @Field(() => SafeInt, { description: "The length of the part in bytes." })
  size!: number;

  @Field(() => String, { description: "The ETag that S3 returned for the part, without quotes." })
  etag!: string;

  @Field(() => DateTimeISO, { nullable: true, description: "When S3 had received the whole part." })
  uploadedAt!: Date | null;
}

/** Set on uploads that `requestUpload` returns. */
export interface UploadOrigin {
  /** The lifetime that the client asked for, which is the default for the parts. */
  readonly expiresInSeconds: number;
  /** The upload was started by this request. If the request fails, no client knows its id. */
  readonly isNew: boolean;
}

@ObjectType({
  simpleResolvers: true,
  description:
    "A multipart upload in progress. Ask for `parts`, send them to S3 in any order and in parallel, repeat those that fail, and then call `completeUpload`. S3 keeps the parts that it has received, so a client that remembers the `id` can continue. Without the `id`, use `requestUpload` with `resume: true`.",
})
export class MultipartUpload {
  @Field(() => ID, {
    description:
      "The id of the upload. It is encrypted and grants nothing by itself: every use checks the caller's current grants. `requestUpload` with `resume: true` returns the same id for the same upload, until the server's first secret changes. `uploads` returns it too, if you ask the server process that started the upload, or one that shares Redis with it.",
  })
  id!: string;

  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  @Field(() => SafeInt, {
    description: "The size of the whole file in bytes, as it was given to `requestUpload`.",
  })
  size!: number;

  @Field(() => SafeInt, {
    description: "The size of every part in bytes, except the last one, which has the remaining bytes.",
  })
  partSize!: number;

  @Field(() => Int, { description: "The number of parts." })
  partCount!: number;

  /** The terms that the id seals. */
  upload!: UploadDescriptor;

  origin?: UploadOrigin;
}
