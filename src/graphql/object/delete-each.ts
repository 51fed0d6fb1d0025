import { authorizeDelete } from "../../access/authorization.ts";
import type { DeletedObject } from "../../storage/objects/delete-objects.ts";
import { type GivenObject, parseObjectAddress } from "../addresses.ts";
import { settleEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";

export type Deletion = Pick<GivenObject, "bucket" | "key"> & Pick<DeletedObject, "versionId">;

/** Item i of the result belongs to object i. Deleting an object that does not exist succeeds. */
export function deleteEach(
  context: RequestContext,
  objects: readonly GivenObject[],
): Promise<(Deletion | Error)[]> {
  return settleEach(objects, { argument: "objects", turns: context.turns }, async (object) => {
    const address = parseObjectAddress(object, context.services.regions);
    authorizeDelete(context.grants, address);
    const { versionId } = await context.loaders.deletion.load(address);
    context.loaders.forget(address);
    return { bucket: address.bucket, key: address.key, versionId };
  });
}
