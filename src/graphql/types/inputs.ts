import { Field, InputType, Int } from "type-graphql";
import { ChecksumAlgorithm, UploadMethod } from "./enums.ts";
import { SafeInt } from "./scalars.ts";

@InputType({ description: "An object, by where it is stored." })
export class ObjectInput {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, {
    description:
      "The object's key, taken exactly as given: spaces, `#`, `?`, `%`, `+` and any script are fine.",
  })
  key!: string;

  @Field(() => String, {
    nullable: true,
    description: "The bucket's region. Left out: the server's default region.",
  })
  region?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "A version, in a bucket with versioning. Left out: the latest.",
  })
  versionId?: string | null;
}

@InputType({ description: "A name and a value: one entry of metadata, one tag." })
export class KeyValueInput {
  @Field(() => String, {
    description:
      "Metadata: what a header's name may be, up to 128 characters, in lower case when it is read. A tag: up to 128 letters, digits, spaces and `+-=._:/@`, not beginning with `aws:`.",
  })
  name!: string;

  @Field(() => String, {
    description:
      "Metadata: any text without control characters. A tag: up to 256 of the characters of its name.",
  })
  value!: string;
}

@InputType({ description: "A checksum of the whole file, which S3 holds the bytes against." })
export class ChecksumInput {
  @Field(() => ChecksumAlgorithm, { description: "Which checksum it is. A multipart upload takes a CRC." })
  algorithm!: ChecksumAlgorithm;

  @Field(() => String, {
    description: "Base64 of the checksum's bytes, as in S3's x-amz-checksum-* headers.",
  })
  value!: string;
}

@InputType({ description: "Where a file goes, and what S3 keeps and tells about it." })
export class UploadInput {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The key to store the file under, 1 to 1,024 bytes of UTF-8." })
  key!: string;

  @Field(() => String, {
    nullable: true,
    description: "The bucket's region. Left out: the server's default region.",
  })
  region?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The file's media type, such as `image/png`. A grant may ask for it.",
  })
  contentType?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Content-Disposition that every download of the object will have.",
  })
  contentDisposition?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Content-Encoding, such as `gzip`, of bytes that are encoded already.",
  })
  contentEncoding?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cache-Control that every download of the object will have.",
  })
  cacheControl?: string | null;

  @Field(() => [KeyValueInput], {
    nullable: true,
    description:
      "Metadata to keep with the object. Values are any Unicode text without control characters. Names and values have 2,048 bytes in all, as they are sent: a value that is not plain ASCII goes in base64 and counts for about 1.7 times its UTF-8 bytes.",
  })
  metadata?: KeyValueInput[] | null;

  @Field(() => [KeyValueInput], { nullable: true, description: "Up to 10 tags." })
  tags?: KeyValueInput[] | null;

  @Field(() => ChecksumInput, {
    nullable: true,
    description: "What the file's bytes must add up to. Nothing is stored when they do not.",
  })
  checksum?: ChecksumInput | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      "`false`: an object that is there already stays as it is (OBJECT_EXISTS). S3 itself decides, so two uploads cannot both win.",
  })
  overwrite?: boolean | null;
}

@InputType({ description: "One upload of `requestUploads`." })
export class RequestUploadInput {
  @Field(() => UploadInput, { description: "Where the file goes, and what is kept with it." })
  input!: UploadInput;

  @Field(() => SafeInt, { description: "The file's size in bytes." })
  size!: number;

  @Field(() => UploadMethod, {
    nullable: true,
    defaultValue: UploadMethod.AUTO,
    description: "How the bytes will travel.",
  })
  method?: UploadMethod | null;
}

@InputType({ description: "What a part's bytes add up to: S3 refuses others." })
export class PartChecksumInput {
  @Field(() => Int, { description: "The part's number, from 1." })
  number!: number;

  @Field(() => String, { description: "Base64, of the algorithm of the upload's `input.checksum`." })
  value!: string;
}

@InputType({ description: "A part that was sent, and the ETag that S3 answered to it." })
export class CompletedPartInput {
  @Field(() => Int, { description: "The part's number, from 1." })
  number!: number;

  @Field(() => String, { description: "The ETag header of S3's answer, with or without its quotes." })
  etag!: string;
}
