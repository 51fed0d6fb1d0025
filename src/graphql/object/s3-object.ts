import { Field, ObjectType } from "type-graphql";
import type { ObjectAddress } from "../../core/object-address.ts";
import { ChecksumAlgorithm } from "../types/enums.ts";
import { BucketField, KeyField, RegionField, SizeField } from "../types/fields.ts";
import { DateTimeISO } from "../types/scalars.ts";

@ObjectType({ simpleResolvers: true, description: "A checksum that S3 stores with an object." })
export class Checksum {
  @Field(() => ChecksumAlgorithm, { description: "The algorithm." })
  algorithm!: ChecksumAlgorithm;

  @Field(() => String, { description: "The checksum of all bytes of the object, in base64." })
  value!: string;
}

/**
 * S3ObjectResolver resolves the fields that need a HEAD request, GetObjectTagging or a signature. The optional fields are
 * missing in a reference: see object-reference.ts.
 */
@ObjectType({
  simpleResolvers: true,
  description:
    "An object that is stored in S3. `contentType`, `contentDisposition`, `cacheControl`, `metadata` and `checksum` cost one HEAD request to S3 for all of them together, and `tags` costs one more request; both require a grant for `DOWNLOAD`. If the object has been deleted since it was listed, these fields are `null` or empty.",
})
export class S3Object {
  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  @SizeField()
  size?: number;

  @Field(() => String, {
    description:
      "The entity tag (ETag), without quotes. It changes whenever the content changes. It is not always the MD5 of the content, for example not after a multipart upload.",
  })
  etag?: string;

  @Field(() => DateTimeISO, {
    nullable: true,
    description: "When the object was stored, with a precision of one second. `null` if S3 did not say.",
  })
  lastModified?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The id of this version, for buckets with versioning. `null` in `objects`, because a listing shows the latest versions only and does not include their ids.",
  })
  versionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The storage class, such as `STANDARD` or `GLACIER`. `null` after `uploadFile`, and after other writes by callers without a grant for `DOWNLOAD`, because S3 was not asked for it.",
  })
  storageClass?: string | null;

  /** The address for later requests about this object. */
  address?: ObjectAddress;
}
