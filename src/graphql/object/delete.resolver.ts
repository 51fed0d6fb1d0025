import { Args, ArgsType, Field, Mutation, ObjectType, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { Cost, lengthOf } from "../types/field-cost.ts";
import { BucketField, KeyField } from "../types/fields.ts";
import { ObjectInput } from "../types/object-input.ts";
import { deleteEach } from "./delete-each.ts";

@ObjectType({ simpleResolvers: true, description: "An object that was deleted." })
export class DeletedObject {
  @BucketField()
  bucket!: string;

  @KeyField()
  key!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The id of the version that was deleted, or of the delete marker that now hides the object. `null` in buckets without versioning.",
  })
  versionId?: string | undefined;
}

@ArgsType()
class DeleteObjectsArguments {
  @Field(() => [ObjectInput], { description: "The objects, at most 1,000, of any buckets." })
  objects!: ObjectInput[];
}

@Resolver()
export class DeleteResolver {
  // One call for each bucket, and one for each object that the bucket's call leaves undecided.
  @Cost({ items: lengthOf("objects"), s3Calls: lengthOf("objects") })
  @Mutation(() => [DeletedObject], {
    nullable: "items",
    description:
      "Deletes up to 1,000 objects. Requires a grant for `DELETE`. Item i of the result belongs to object i. A failed item is `null`, with an error at its path; other items are unaffected. Deleting an object that does not exist succeeds. In a bucket with versioning, deleting without `versionId` hides the object behind a delete marker; deleting that marker by its `versionId` brings the object back. Deleting a version by its `versionId` is permanent.",
  })
  deleteObjects(
    @Context() context: RequestContext,
    @Args(() => DeleteObjectsArguments) { objects }: DeleteObjectsArguments,
  ): Promise<(DeletedObject | Error)[]> {
    return deleteEach(context, objects);
  }
}
