import { Field, ObjectType } from "type-graphql";
import { DateTimeISO } from "../types/scalars.ts";

@ObjectType({
  simpleResolvers: true,
  description: "A presigned GET: anyone who has the URL can download the object until it expires.",
})
export class DownloadUrl {
  @Field(() => String, { description: "Use it as it is: every character is part of the signature." })
  url!: string;

  @Field(() => DateTimeISO, { description: "The URL works until then, and not after." })
  expiresAt!: Date;

  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The object's key." })
  key!: string;

  @Field(() => String, { description: "The region that the bucket is in." })
  region!: string;
}
