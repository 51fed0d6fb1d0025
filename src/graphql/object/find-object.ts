import { authorizeDownload } from "../../access/authorization.ts";
import { ValetKeyError } from "../../core/errors.ts";
import type { ObjectHead } from "../../storage/objects/stored-object.ts";
import { type GivenObject, parseObjectAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";

/** Undefined if there is no such object. A missing bucket is an error. */
export async function findObject(
  context: RequestContext,
  object: GivenObject,
): Promise<ObjectHead | undefined> {
  const address = parseObjectAddress(object, context.services.regions);
  authorizeDownload(context.grants, address);
  try {
    const head = await context.loaders.head.load(address);
    context.loaders.learn(head);
    return head;
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "OBJECT_NOT_FOUND") return undefined;
    throw error;
  }
}
