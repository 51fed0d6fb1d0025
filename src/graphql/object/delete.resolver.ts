import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { authorizeDelete } from "../../access/authorization.ts";
import { namedAt, parseObjectAddress } from "../arguments.ts";
import { answerEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";
import { ObjectInput } from "../types/inputs.ts";
import { DeletedObject } from "./s3-object.ts";

@Resolver()
export class DeleteResolver {
  @Mutation(() => [DeletedObject], {
    nullable: "items",
    description:
      "Deletes up to 1,000 objects: item i answers object i. Deleting one that is not there is no error. An item that fails is null, with an error whose path names it. In a bucket with versioning a delete without `versionId` hides the object behind a delete marker, whose id is the answer's versionId: deleting that version of it brings the object back. A delete with `versionId` is for good.",
  })
  deleteObjects(
    @Ctx() context: RequestContext,
    @Arg("objects", () => [ObjectInput], { description: "The objects, up to 1,000, of any buckets." })
    objects: ObjectInput[],
  ): Promise<(DeletedObject | Error)[]> {
    return answerEach(objects, "objects", async (object, at) => {
      const address = parseObjectAddress(object, context.services.regions, at);
      authorizeDelete(context.grants, address);
      const { versionId } = await namedAt(at, context.loaders.deletion.load(address));
      context.loaders.forget(address);
      return { bucket: address.bucket, key: address.key, versionId: versionId ?? null };
    });
  }
}
