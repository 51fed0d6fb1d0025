import { Field, ObjectType } from "type-graphql";
import { Cost, urlValues } from "../types/field-cost.ts";
import { BucketField, ExpiresAtField, KeyField, RegionField } from "../types/fields.ts";

@ObjectType({
  simpleResolvers: true,
  description:
    "A presigned URL for a GET request, at S3 or at the CDN of the bucket. Anyone who has the URL can download the object until it expires.",
})
export class DownloadUrl {
  @Cost({ value: urlValues })
  @Field(() => String, {
    description: "The URL. Use it unchanged, because every character of it is signed.",
  })
  url!: string;

  @ExpiresAtField(
    "When the URL stops working. A download that starts before this moment may finish after it.",
  )
  expiresAt!: Date;

  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @RegionField()
  region!: string;
}
