import { createUnionType, Field, ObjectType } from "type-graphql";
import { KeyValue } from "../types/key-value.ts";
import { DateTimeISO } from "../types/scalars.ts";
import { MultipartUpload } from "./multipart-upload.ts";

@ObjectType({
  simpleResolvers: true,
  description: "A presigned PUT: send the file as the body of one request.",
})
export class PutUpload {
  @Field(() => String, { description: "Where to PUT the file." })
  url!: string;

  @Field(() => [KeyValue], {
    description:
      "Send them exactly as given: they are part of the signature. So is the length, which every HTTP client sends by itself.",
  })
  headers!: KeyValue[];

  @Field(() => DateTimeISO, { description: "The upload has to start by then." })
  expiresAt!: Date;

  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The key that the file will have." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;
}

@ObjectType({ simpleResolvers: true, description: "A presigned POST: send a multipart/form-data form." })
export class PostUpload {
  @Field(() => String, { description: "Where to POST the form." })
  url!: string;

  @Field(() => [KeyValue], { description: "Send them all, then the file as the last field, named `file`." })
  fields!: KeyValue[];

  @Field(() => DateTimeISO, { description: "The upload has to start by then." })
  expiresAt!: Date;

  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The key that the file will have." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;
}

export const UploadRequest = createUnionType({
  name: "UploadRequest",
  description: "What to do to send a file: one PUT, one form, or parts.",
  types: () => [PutUpload, PostUpload, MultipartUpload] as const,
});
