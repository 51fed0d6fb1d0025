import { Field, ObjectType } from "type-graphql";
import { BucketField, ExpiresAtField, RegionField } from "../types/fields.ts";

@ObjectType({
  description:
    "Credentials for clients that speak S3 themselves. Whoever has them can use them until they expire.",
})
export class TemporaryCredentials {
  @Field(() => String, { description: "The access key id. It appears in logs, and is no secret." })
  accessKeyId!: string;

  @Field(() => String, { description: "The secret access key." })
  secretAccessKey!: string;

  @Field(() => String, { description: "The session token. S3 refuses the access key without it." })
  sessionToken!: string;

  @ExpiresAtField("When the credentials expire. Request new ones some minutes before.")
  expiresAt!: Date;

  @BucketField()
  bucket!: string;

  @Field(() => String, { description: "The credentials work for keys that start with this prefix." })
  prefix!: string;

  @RegionField()
  region!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The endpoint to configure in the client, if the store is not AWS. `null` means AWS's own endpoint of the region.",
  })
  endpoint!: string | null;

  @Field(() => Boolean, {
    description:
      "Whether the client has to put the bucket into the path of its requests instead of the host name.",
  })
  forcePathStyle!: boolean;
}
