import { Args, ArgsType, Query, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { Cost } from "../types/field-cost.ts";
import { BucketField, KeyArgument, RegionArgument, VersionIdArgument } from "../types/fields.ts";
import { findObject } from "./find-object.ts";
import { S3Object } from "./s3-object.ts";
import { toS3Object } from "./to-s3-object.ts";

@ArgsType()
class ObjectArguments {
  @BucketField()
  bucket!: string;

  @KeyArgument()
  key!: string;

  @RegionArgument()
  region?: string | null;

  @VersionIdArgument()
  versionId?: string | null;
}

@Resolver()
export class ObjectResolver {
  @Cost({ s3Calls: 1 })
  @Query(() => S3Object, {
    nullable: true,
    description:
      "Returns one object, or `null` if there is no such object. Requires a grant for `DOWNLOAD`. A missing bucket is an error (`BUCKET_NOT_FOUND`).",
  })
  async object(
    @Context() context: RequestContext,
    @Args(() => ObjectArguments) object: ObjectArguments,
  ): Promise<S3Object | null> {
    const head = await findObject(context, object);
    return head === undefined ? null : toS3Object(head);
  }
}
