import { Field, ObjectType } from "type-graphql";
import type { ObjectAddress } from "../../core/object-address.ts";
import { ChecksumAlgorithm } from "../types/enums.ts";
import { PageInfo } from "../types/page-info.ts";
import { DateTimeISO, SafeInt } from "../types/scalars.ts";

@ObjectType({ simpleResolvers: true, description: "A checksum that S3 keeps of an object." })
export class Checksum {
  @Field(() => ChecksumAlgorithm, { description: "Which checksum it is." })
  algorithm!: ChecksumAlgorithm;

  @Field(() => String, {
    description:
      "Base64 of the checksum of all of the object's bytes. A checksum of the parts' checksums, which S3 may keep of an object sent in parts, is not shown.",
  })
  value!: string;
}

/** The fields that need a HEAD, GetObjectTagging or a signature are resolved by S3ObjectResolver. */
@ObjectType({
  simpleResolvers: true,
  description:
    "An object that S3 stores. contentType, contentDisposition, cacheControl, metadata and checksum take one HEAD for all of them, tags one GetObjectTagging; of an object that was deleted since it was listed they are null or empty.",
})
export class S3Object {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The object's key." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;

  @Field(() => SafeInt, { description: "Bytes." })
  size!: number;

  @Field(() => String, {
    description: "Changes when the bytes change. Without quotes. Of an object sent in parts it is no MD5.",
  })
  etag!: string;

  @Field(() => DateTimeISO, {
    nullable: true,
    description: "When S3 stored it, to the second where HEAD says it.",
  })
  lastModified!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "In a bucket with versioning, of an object that was asked for or written. Null in `objects`: a listing is of the latest versions and does not name them.",
  })
  versionId!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "`STANDARD`, `GLACIER`, … Null where nobody asked S3 for it: after `uploadFile`, and after other writes by callers who may not read.",
  })
  storageClass!: string | null;

  /** Where its metadata is looked up. */
  address!: ObjectAddress;
}

@ObjectType({ simpleResolvers: true, description: "An object of a page, and its place." })
export class ObjectEdge {
  @Field(() => String, {
    description:
      "Give it as `after` to go on behind this object, with the same prefix and delimiter. It stays good over restarts.",
  })
  cursor!: string;

  @Field(() => S3Object, { description: "The object." })
  node!: S3Object;
}

@ObjectType({
  simpleResolvers: true,
  description: "A page of objects, in the order of their keys' UTF-8 bytes.",
})
export class ObjectConnection {
  @Field(() => [ObjectEdge], { description: "The page's objects, each with its cursor." })
  edges!: ObjectEdge[];

  @Field(() => [S3Object], { description: "The page's objects." })
  nodes!: S3Object[];

  @Field(() => [String], {
    description: "With a delimiter: the common prefixes of what lies deeper, delimiter included.",
  })
  folders!: string[];

  @Field(() => PageInfo, { description: "Where the page ends." })
  pageInfo!: PageInfo;
}

@ObjectType({ simpleResolvers: true, description: "An object that is not there any more." })
export class DeletedObject {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The object's key." })
  key!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The version that was deleted, or the delete marker that hides the object in a bucket with versioning.",
  })
  versionId!: string | null;
}
