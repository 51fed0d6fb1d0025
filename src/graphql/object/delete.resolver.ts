import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { authorizeDelete } from "../../access/authorization.ts";
import { parseObjectAddress } from "../arguments.ts";
import { settleEach } from "../batch.ts";
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
    return settleEach(objects, "objects", async (object) => {
      const address = parseObjectAddress(object, context.services.regions);
      authorizeDelete(context.grants, address);
      const { versionId } = await context.loaders.deletion.load(address);
      context.loaders.forget(address);
      return { bucket: address.bucket, key: address.key, versionId: versionId ?? null };
    });
  }
}
