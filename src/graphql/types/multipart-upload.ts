import { Field, ID, Int, ObjectType } from "type-graphql";
import type { PromisedUpload } from "../../storage/upload-id.ts";
import { KeyValue } from "./key-value.ts";
import { PageInfo } from "./page-info.ts";
import { DateTimeISO, SafeInt } from "./scalars.ts";

@ObjectType({ description: "One part to send: a presigned PUT of a slice of the file." })
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

@ObjectType({ description: "A part that S3 holds." })
export class UploadedPart {
  @Field(() => Int)
  number!: number;

  @Field(() => SafeInt, { description: "Bytes." })
  size!: number;

  @Field(() => String)
  etag!: string;

  @Field(() => DateTimeISO, { nullable: true })
  uploadedAt!: Date | null;
}

@ObjectType({
  description:
    "A multipart upload: send the parts in any order, in parallel, again if need be; then call completeUpload. S3 keeps what arrived, so nothing has to be remembered on the client but the id.",
})
export class MultipartUpload {
  @Field(() => ID, {
    description:
      "Opaque and sealed. It grants nothing by itself: each use checks what the caller may do at that time.",
  })
  id!: string;

  @Field(() => String)
  bucket!: string;

  @Field(() => String)
  key!: string;

  @Field(() => String)
  region!: string;

  @Field(() => SafeInt, { description: "The whole file's size in bytes, as promised in requestUpload." })
  size!: number;

  @Field(() => SafeInt, {
    description: "Every part's size in bytes but the last one's, which is what remains.",
  })
  partSize!: number;

  @Field(() => Int)
  partCount!: number;

  @Field(() => DateTimeISO, { nullable: true })
  startedAt!: Date | null;

  /** What the id seals; `parts` and `uploadedParts` are answered from it. */
  upload!: PromisedUpload;
}

@ObjectType({ description: "A multipart upload that was neither completed nor aborted." })
export class PendingUpload {
  @Field(() => ID, { description: "For abortUpload." })
  id!: string;

  @Field(() => String)
  bucket!: string;

  @Field(() => String)
  key!: string;

  @Field(() => String)
  region!: string;

  @Field(() => DateTimeISO)
  startedAt!: Date;
}

@ObjectType()
export class PendingUploadEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => PendingUpload)
  node!: PendingUpload;
}

@ObjectType({ description: "A page of multipart uploads in progress." })
export class PendingUploadConnection {
  @Field(() => [PendingUploadEdge])
  edges!: PendingUploadEdge[];

  @Field(() => [PendingUpload])
  nodes!: PendingUpload[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}
