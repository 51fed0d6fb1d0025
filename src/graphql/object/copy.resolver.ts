import { Args, ArgsType, Field, Mutation, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { Cost } from "../types/field-cost.ts";
import { ObjectInput } from "../types/object-input.ts";
import { UploadInput } from "../types/upload-input.ts";
import { copyWithinS3 } from "./copy-within-s3.ts";
import { S3Object } from "./s3-object.ts";
import { toS3Object } from "./to-s3-object.ts";

@ArgsType()
class CopyObjectArguments {
  @Field(() => ObjectInput, { description: "The object to copy. Requires a grant for `DOWNLOAD`." })
  from!: ObjectInput;

  @Field(() => UploadInput, {
    description:
      "Where to store the copy, and what to change. Requires a grant for `UPLOAD`, whose limits of size and content type apply. Fields that are omitted keep the values of the original. `metadata` and `tags` are replaced as a whole, so `[]` removes them. `checksum` is refused, because S3 does not compare it for copies.",
  })
  to!: UploadInput;
}

@Resolver()
export class CopyResolver {
  // A copy of more than 5 GiB needs more, one for each part, but never starts them all at once.
  @Cost({ s3Calls: 10 })
  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Copies an object inside S3 and returns the copy. The bytes do not pass through the server, and the object may have any size, unless the two buckets are used with different roles: then the server copies the bytes, up to the size limit of `uploadFile`. If that fails, the result is `null`, with an error. Copying an object onto itself must change something. To restore an older version, copy it (`from.versionId`) onto its own key.",
  })
  async copyObject(
    @Context() context: RequestContext,
    @Args(() => CopyObjectArguments) { from, to }: CopyObjectArguments,
  ): Promise<S3Object> {
    return toS3Object(await copyWithinS3(context, from, to));
  }
}
