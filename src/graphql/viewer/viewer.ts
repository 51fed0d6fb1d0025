import { Field, ObjectType } from "type-graphql";
import { Action } from "../types/enums.ts";
import { Cost } from "../types/field-cost.ts";
import { BucketField } from "../types/fields.ts";
import { SafeInt } from "../types/scalars.ts";

@ObjectType("Grant", { description: "What the caller may do with the objects below one prefix." })
export class ViewerGrant {
  @BucketField()
  bucket!: string;

  @Field(() => String, {
    description:
      "The grant is for keys that start with this prefix. An empty prefix means all keys of the bucket.",
  })
  prefix!: string;

  @Cost({ items: 5 })
  @Field(() => [Action], { description: "The allowed actions." })
  actions!: Action[];

  @Field(() => SafeInt, {
    nullable: true,
    description:
      "The largest file that may be uploaded, in bytes. `null` means that this grant sets no limit.",
  })
  maxUploadBytes!: number | null;

  @Cost({ items: 10 })
  @Field(() => [String], {
    nullable: true,
    description: "The media types that may be uploaded, such as `image/*`. `null` means any type.",
  })
  contentTypes!: string[] | null;
}

@ObjectType({ description: "The caller, as the server identified it from the request's token." })
export class Viewer {
  @Field(() => String, {
    nullable: true,
    description: "The `sub` claim of the token. `null` for callers without a token.",
  })
  subject!: string | null;

  @Field(() => Boolean, {
    description:
      "Whether the request carried a valid token. An invalid token is an error (HTTP 401), so `false` means that there was no token, or that the server accepts none.",
  })
  authenticated!: boolean;

  @Cost({ items: 10 })
  @Field(() => [ViewerGrant], {
    description:
      "What the caller may do. An action is allowed if one single grant allows all of it. S3 enforces the same bucket, prefix and actions.",
  })
  grants!: ViewerGrant[];
}
