import { Field, InputType } from "type-graphql";
import { ChecksumAlgorithm } from "./enums.ts";
import { BucketField, RegionArgument } from "./fields.ts";
import { KeyValueInput } from "./key-value.ts";

@InputType({
  description:
    "A checksum of the whole file. It is compared with the bytes before the object is stored: by S3, and for `uploadFile` by the server.",
})
export class ChecksumInput {
  @Field(() => ChecksumAlgorithm, {
    description: "The algorithm. Multipart uploads accept the CRC algorithms only.",
  })
  algorithm!: ChecksumAlgorithm;

  @Field(() => String, {
    nullable: true,
    description:
      "The checksum's bytes in base64, as in S3's `x-amz-checksum-*` headers. May be omitted only for multipart uploads, so that the client does not have to read the whole file first: give the value to `completeUpload`. With the method `AUTO`, an upload without the value is a multipart upload, whatever its size.",
  })
  value?: string | null;
}

@InputType({ description: "Where to store a file, and what to store with it." })
export class UploadInput {
  @BucketField()
  bucket!: string;

  @Field(() => String, {
    description:
      "The key to store the file under: 1 to 1,024 bytes of UTF-8. It is used exactly as given, so do not percent-encode it. Control characters, `.` or `..` as a path segment, and `${filename}` at the end are refused (`BAD_USER_INPUT`).",
  })
  key!: string;

  @RegionArgument()
  region?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The media type of the file, such as `image/png`. Downloads have it as `Content-Type`. The caller's grants may require one of a list of types (`CONTENT_TYPE_NOT_ALLOWED`).",
  })
  contentType?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The `Content-Disposition` header of every download of the object, such as `attachment; filename="report.pdf"`.',
  })
  contentDisposition?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The `Content-Encoding` header of every download, such as `gzip`. Set it if the file is already encoded; S3 does not encode it.",
  })
  contentEncoding?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The `Cache-Control` header of every download, such as `public, max-age=31536000, immutable`.",
  })
  cacheControl?: string | null;

  @Field(() => [KeyValueInput], {
    nullable: true,
    description:
      "Metadata to store with the object. All names and values together may have up to 2,048 bytes as they are sent. A value that is not plain ASCII is sent in base64, which takes about 1.7 times its length in UTF-8.",
  })
  metadata?: KeyValueInput[] | null;

  @Field(() => [KeyValueInput], { nullable: true, description: "Up to 10 tags to store with the object." })
  tags?: KeyValueInput[] | null;

  @Field(() => ChecksumInput, {
    nullable: true,
    description:
      "A checksum of the file. If the bytes have another checksum, nothing is stored: `uploadFile` and `completeUpload` fail with `CHECKSUM_MISMATCH`, and S3 refuses a presigned upload with its own error (400 `BadDigest`).",
  })
  checksum?: ChecksumInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The storage class, such as `STANDARD_IA`. If omitted, the one that the server's operator has set for the bucket is used, or else `STANDARD`. Objects in `GLACIER` and `DEEP_ARCHIVE` cannot be downloaded or copied until they are restored in AWS (`OBJECT_ARCHIVED`).",
  })
  storageClass?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      "Whether the file may replace an object that already has this key. With `false` the upload fails if there is one: `uploadFile`, `copyObject` and `completeUpload` with `OBJECT_EXISTS`, a presigned PUT request with S3's status 412. S3 decides this when the upload ends, so only one of two concurrent uploads succeeds. The method `POST` refuses `false` (`BAD_USER_INPUT`), because a form cannot express it.",
  })
  overwrite?: boolean | null;
}
