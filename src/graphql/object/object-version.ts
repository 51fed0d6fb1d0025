import { Field, ObjectType } from "type-graphql";
import { Cost } from "../types/field-cost.ts";
import { BucketField, KeyField, RegionField } from "../types/fields.ts";
import { PageInfo } from "../types/page-info.ts";
import { DateTimeISO, SafeInt } from "../types/scalars.ts";

@ObjectType({
  simpleResolvers: true,
  description:
    "A version of an object, or a delete marker. Download it with `downloadUrl(versionId:)`, restore it with `copyObject` onto its own key, and delete it for good with `deleteObjects`.",
})
export class ObjectVersion {
  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  @Field(() => String, {
    description:
      'The id of the version. `"null"` for an object that was stored while the bucket had no versioning.',
  })
  versionId!: string;

  @Field(() => Boolean, { description: "Whether this is the newest version or delete marker of its key." })
  isLatest!: boolean;

  @Field(() => Boolean, {
    description:
      "Whether this is a delete marker, which hides older versions and has no content. Deleting it by its `versionId` brings the object back.",
  })
  isDeleteMarker!: boolean;

  @Field(() => SafeInt, { nullable: true, description: "The size in bytes. `null` for a delete marker." })
  size!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "The entity tag (ETag), without quotes. `null` for a delete marker.",
  })
  etag!: string | null;

  @Field(() => DateTimeISO, {
    nullable: true,
    description: "When the version was stored or the object was deleted, with a precision of one second.",
  })
  lastModified!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "The storage class, such as `STANDARD` or `GLACIER`. `null` for a delete marker.",
  })
  storageClass!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A version of a page, with its cursor." })
export class ObjectVersionEdge {
  @Field(() => String, {
    description:
      "Pass this as `after` to continue after this version, with the same `prefix` and `key`. Cursors remain valid when the server restarts.",
  })
  cursor!: string;

  @Field(() => ObjectVersion, { description: "The version or delete marker." })
  node!: ObjectVersion;
}

@ObjectType({
  simpleResolvers: true,
  description:
    "A page of versions and delete markers, in ascending order of the UTF-8 bytes of their keys, and newest first for each key.",
})
export class ObjectVersionConnection {
  @Cost({ items: 1 })
  @Field(() => [ObjectVersionEdge], { description: "The versions of the page, each with its cursor." })
  edges!: ObjectVersionEdge[];

  @Cost({ items: 1 })
  @Field(() => [ObjectVersion], { description: "The versions of the page, without cursors." })
  nodes!: ObjectVersion[];

  @Field(() => PageInfo, { description: "The position of the page." })
  pageInfo!: PageInfo;
}
