import { Field, ID, ObjectType } from "type-graphql";
import { Cost } from "../types/field-cost.ts";
import { BucketField, KeyField, RegionField } from "../types/fields.ts";
import { PageInfo } from "../types/page-info.ts";
import { DateTimeISO } from "../types/scalars.ts";

@ObjectType({
  simpleResolvers: true,
  description:
    "A multipart upload that has been neither completed nor aborted. S3 stores its parts, and bills for them, until then.",
})
export class PendingUpload {
  @Field(() => ID, {
    description:
      "The id of the upload. It is the same in every list, and the same as the `id` of the `MultipartUpload` if you ask the server process that started the upload, or one that shares Redis with it. Other processes do not know the size of the file. Their id of the upload is a different one, which works for `abortUpload` only; to continue the upload, call `requestUpload` with `resume: true`.",
  })
  id!: string;

  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  @Field(() => DateTimeISO, { description: "When the upload was started." })
  startedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A multipart upload of a page, with its cursor." })
export class PendingUploadEdge {
  @Field(() => String, { description: "Pass this as `after` to continue after this upload." })
  cursor!: string;

  @Field(() => PendingUpload, { description: "The upload." })
  node!: PendingUpload;
}

@ObjectType({ simpleResolvers: true, description: "A page of multipart uploads in progress." })
export class PendingUploadConnection {
  @Cost({ items: 1 })
  @Field(() => [PendingUploadEdge], { description: "The uploads of the page, each with its cursor." })
  edges!: PendingUploadEdge[];

  @Cost({ items: 1 })
  @Field(() => [PendingUpload], { description: "The uploads of the page, without cursors." })
  nodes!: PendingUpload[];

  @Field(() => PageInfo, { description: "The position of the page." })
  pageInfo!: PageInfo;
}
