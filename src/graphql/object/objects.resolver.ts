import { setImmediate as nextTurn } from "node:timers/promises";
import { Args, ArgsType, Field, Query, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { itemsPerTurn } from "../turns.ts";
import { PrefixArgument, toConnection } from "../types/connection.ts";
import { Cost, pageSize } from "../types/field-cost.ts";
import { AfterArgument, BucketField, FirstArgument, RegionArgument } from "../types/fields.ts";
import { listPage } from "./list-page.ts";
import { ObjectConnection } from "./object-connection.ts";
import { listedToS3Object } from "./to-s3-object.ts";

@ArgsType()
class ObjectsArguments {
  @BucketField()
  bucket!: string;

  @PrefixArgument("objects whose keys", "LIST")
  prefix!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The character that separates folders, usually `/`. Keys that contain it after the prefix are not listed one by one, but grouped into `folders`. If omitted, all keys below the prefix are listed.",
  })
  delimiter?: string | null;

  @RegionArgument()
  region?: string | null;

  @FirstArgument("objects and folders together")
  first!: number;

  @AfterArgument("It must be from a listing with the same `prefix` and `delimiter`.")
  after?: string | null;
}

@Resolver()
export class ObjectsResolver {
  @Cost({ items: pageSize, s3Calls: 1 })
  @Query(() => ObjectConnection, {
    description:
      "Lists objects page by page, with one request to S3 for a page. Requires a grant for `LIST`. Use a `delimiter` to browse a bucket like folders.",
  })
  async objects(
    @Context() context: RequestContext,
    @Args(() => ObjectsArguments) request: ObjectsArguments,
  ): Promise<ObjectConnection> {
    const { page, there } = await listPage(context, request);
    const connection = toConnection({ ...page, items: page.objects }, request.after, (listed) =>
      listedToS3Object(listed, there),
    );
    // Reading a long page takes as long as executing the fields of its objects. Other requests run in between.
    if (page.objects.length > itemsPerTurn) await nextTurn();
    return { ...connection, folders: [...page.folders] };
  }
}
