import { Field, ObjectType } from "type-graphql";
import type { ObjectAddress } from "../../object-address.ts";
import { ChecksumAlgorithm } from "./enums.ts";
import { PageInfo } from "./page-info.ts";
import { DateTimeISO, SafeInt } from "./scalars.ts";

@ObjectType({ description: "A checksum that S3 keeps of an object." })
export class Checksum {
  @Field(() => ChecksumAlgorithm)
  algorithm!: ChecksumAlgorithm;

  @Field(() => String, {
    description:
      "Base64. Of an object that was sent in parts it may be a checksum of the parts' checksums: `…-3`.",
  })
  value!: string;
}

/** The fields that need a HEAD, GetObjectTagging or a signature are resolved by S3ObjectResolver. */
@ObjectType({
  description:
    "An object that S3 stores. contentType, contentDisposition, cacheControl, metadata and checksum take one HEAD for all of them, tags one GetObjectTagging; of an object that was deleted since it was listed they are null or empty.",
})
export class S3Object {
  @Field(() => String)
  bucket!: string;

  @Field(() => String)
  key!: string;

  @Field(() => String)
  region!: string;

  @Field(() => SafeInt, { description: "Bytes." })
  size!: number;

  @Field(() => String, {
    description: "Changes when the bytes change. Without quotes. Of an object sent in parts it is no MD5.",
  })
  etag!: string;

  @Field(() => DateTimeISO, { nullable: true })
  lastModified!: Date | null;

  @Field(() => String, { nullable: true, description: "In a bucket with versioning." })
  versionId!: string | null;

  @Field(() => String, { nullable: true, description: "Null means STANDARD." })
  storageClass!: string | null;

  /** Where its metadata is looked up. */
  address!: ObjectAddress;
}

@ObjectType()
export class ObjectEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => S3Object)
  node!: S3Object;
}

@ObjectType({ description: "A page of objects, in the order of their keys' UTF-8 bytes." })
export class ObjectConnection {
  @Field(() => [ObjectEdge])
  edges!: ObjectEdge[];

  @Field(() => [S3Object])
  nodes!: S3Object[];

  @Field(() => [String], {
    description: "With a delimiter: the common prefixes of what lies deeper, delimiter included.",
  })
  folders!: string[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

@ObjectType({ description: "An object that is not there any more." })
export class DeletedObject {
  @Field(() => String)
  bucket!: string;

  @Field(() => String)
  key!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The version that was deleted, or the delete marker that hides the object in a bucket with versioning.",
  })
  versionId!: string | null;
}
