import { Field, ObjectType } from "type-graphql";
import { Action } from "../types/enums.ts";
import { SafeInt } from "../types/scalars.ts";

@ObjectType("Grant", { description: "What the caller may do below one prefix." })
export class ViewerGrant {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "Keys have to start with it. Empty: the whole bucket." })
  prefix!: string;

  @Field(() => [Action], { description: "What is allowed there." })
  actions!: Action[];

  @Field(() => SafeInt, { nullable: true, description: "The largest file to upload, in bytes." })
  maxUploadBytes!: number | null;

  @Field(() => [String], { nullable: true, description: "The media types to upload, such as `image/*`." })
  contentTypes!: string[] | null;
}

@ObjectType({ description: "Who the server takes the caller for." })
export class Viewer {
  @Field(() => String, { nullable: true, description: "The token's `sub`; null without a token." })
  subject!: string | null;

  @Field(() => Boolean, {
    description:
      "Whether a valid token came. One that is not valid is an error (HTTP 401), not an anonymous caller. Where the server takes no tokens, every caller is anonymous.",
  })
  authenticated!: boolean;

  @Field(() => [ViewerGrant], { description: "What the caller may do. S3 enforces the same." })
  grants!: ViewerGrant[];
}
