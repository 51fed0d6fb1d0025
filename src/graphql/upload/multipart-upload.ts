import { Field, ID, Int, ObjectType } from "type-graphql";
import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import { KeyValue } from "../types/key-value.ts";
import { PageInfo } from "../types/page-info.ts";
import { DateTimeISO, SafeInt } from "../types/scalars.ts";

@ObjectType({
  simpleResolvers: true,
  description: "One part to send: a presigned PUT of a slice of the file.",
})
export class UploadPart {
  @Field(() => Int, { description: "From 1. Part n starts at byte (n - 1) × partSize." })
  number!: number;

  @Field(() => SafeInt, { description: "The slice's exact length in bytes: it is signed." })
  size!: number;

  @Field(() => String, { description: "Where to PUT the slice." })
  url!: string;

  @Field(() => [KeyValue], { description: "Send them exactly as given." })
  headers!: KeyValue[];

  @Field(() => DateTimeISO, { description: "Ask for the part again when this has passed." })
  expiresAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A part that S3 holds." })
export class UploadedPart {
  @Field(() => Int, { description: "From 1." })
  number!: number;

  @Field(() => SafeInt, { description: "Bytes." })
  size!: number;

  @Field(() => String, { description: "What S3 answered to the part, without quotes." })
  etag!: string;

  @Field(() => DateTimeISO, { nullable: true, description: "When S3 had all of it." })
  uploadedAt!: Date | null;
}

/** What requestUpload was asked, and did. */
export interface MultipartRequest {
  readonly expiresInSeconds: number;
  /** The upload was begun for it: if it cannot be answered, nobody will know of it. */
  readonly hasBegunIt: boolean;
}

@ObjectType({
  simpleResolvers: true,
  description:
    "A multipart upload: send the parts in any order, in parallel, again if need be; then call completeUpload. S3 keeps what arrived, so nothing has to be remembered on the client but the id.",
})
export class MultipartUpload {
  @Field(() => ID, {
    description:
      "Opaque and sealed. It grants nothing by itself: each use checks what the caller may do at that time.",
  })
  id!: string;

  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The key that the file will have." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;

  @Field(() => SafeInt, { description: "The whole file's size in bytes, as promised in requestUpload." })
  size!: number;

  @Field(() => SafeInt, {
    description: "Every part's size in bytes but the last one's, which is what remains.",
  })
  partSize!: number;

  @Field(() => Int, { description: "How many parts there are." })
  partCount!: number;

  /** What the id seals; `parts` and `uploadedParts` are answered from it. */
  upload!: UploadDescriptor;

  /** Undefined where the upload was found by its id. */
  request?: MultipartRequest;
}

@ObjectType({
  simpleResolvers: true,
  description: "A multipart upload that was neither completed nor aborted.",
})
export class PendingUpload {
  @Field(() => ID, { description: "For abortUpload." })
  id!: string;

  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The key that the file would have." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;

  @Field(() => DateTimeISO, { description: "When the upload was begun." })
  startedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: "An upload of a page, and its place." })
export class PendingUploadEdge {
  @Field(() => String, { description: "Give it as `after` to go on behind this upload." })
  cursor!: string;

  @Field(() => PendingUpload, { description: "The upload." })
  node!: PendingUpload;
}

@ObjectType({ simpleResolvers: true, description: "A page of multipart uploads in progress." })
export class PendingUploadConnection {
  @Field(() => [PendingUploadEdge], { description: "The page's uploads, each with its cursor." })
  edges!: PendingUploadEdge[];

  @Field(() => [PendingUpload], { description: "The page's uploads." })
  nodes!: PendingUpload[];

  @Field(() => PageInfo, { description: "Where the page ends." })
  pageInfo!: PageInfo;
}
