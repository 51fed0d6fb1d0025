import { createUnionType, Field, ID, ObjectType } from "type-graphql";
import { Cost, urlValues } from "../types/field-cost.ts";
import { BucketField, ExpiresAtField, KeyField, RegionField } from "../types/fields.ts";
import { KeyValue } from "../types/key-value.ts";
import { MultipartUpload } from "./multipart-upload.ts";

/** A receipt has a few hundred characters. */
const receiptValues = 8;

const expiresAt =
  "The upload has to start before this moment. An upload that starts earlier may finish later.";

/** A receipt is sealed only if it is asked for. */
const ReceiptField = () => (target: object, name: string) => {
  Cost({ value: receiptValues })(target, name);
  Field(() => ID, {
    description:
      "Proves what was requested. When the file is sent, call `confirmUpload` with it: then the server knows that the file has arrived. It is valid for a day longer than the URL, and grants nothing by itself.",
  })(target, name);
};

@ObjectType({
  simpleResolvers: true,
  description: "A presigned PUT request. Send the file as the body of one PUT request to `url`.",
})
export class PutUpload {
  @Cost({ value: urlValues })
  @Field(() => String, { description: "The URL to send the PUT request to. Use it unchanged." })
  url!: string;

  @Cost({ items: 10 })
  @Field(() => [KeyValue], {
    description:
      "The headers of the request. Send all of them exactly as given, because they are signed. The length of the body is signed too; HTTP clients send it by themselves.",
  })
  headers!: KeyValue[];

  @ExpiresAtField(expiresAt)
  expiresAt!: Date;

  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  sealReceipt!: () => string;

  @ReceiptField()
  get receipt(): string {
    return this.sealReceipt();
  }
}

@ObjectType({
  simpleResolvers: true,
  description: "A presigned form. Send it to `url` as a POST request with `multipart/form-data`.",
})
export class PostUpload {
  @Cost({ value: urlValues })
  @Field(() => String, { description: "The URL to send the form to. Use it unchanged." })
  url!: string;

  @Cost({ items: 10 })
  @Field(() => [KeyValue], {
    description:
      "The fields of the form. Send all of them, and after them the file, as the last field, with the name `file`.",
  })
  fields!: KeyValue[];

  @ExpiresAtField(expiresAt)
  expiresAt!: Date;

  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;

  sealReceipt!: () => string;

  @ReceiptField()
  get receipt(): string {
    return this.sealReceipt();
  }
}

export const UploadRequest = createUnionType({
  name: "UploadRequest",
  description:
    "How to send the file to S3. Which type it is depends on `method` and on the size of the file, so select the fields of all three types.",
  types: () => [PutUpload, PostUpload, MultipartUpload] as const,
});
