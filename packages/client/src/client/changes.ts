import { inBatches, maxItems } from "../core/batches.ts";
import { toValetKeyError, ValetKeyError } from "../core/errors.ts";
import { type ObjectRef, type StoredObject, toObjectInput, toStoredObject } from "../core/objects.ts";
import { pages } from "../core/pages.ts";
import { errorAt } from "../core/response.ts";
import type { Transport } from "../core/transport.ts";
import { copyObjectOperation, deleteObjectsOperation, objectsOperation } from "../generated/strings.ts";

export interface Folder {
  bucket: string;
  /** Everything below this prefix. */
  prefix: string;
  region?: string | undefined;
}

export interface Removal {
  removed: number;
  /** The errors of the objects that are still there. */
  failed: ValetKeyError[];
  /**
   * In buckets with versioning, the delete markers that now hide the objects. `remove(markers)` brings them back.
   * Undefined if there are none.
   */
  markers?: ObjectRef[] | undefined;
}

export interface CopyOptions {
  /** `false`: fail with OBJECT_EXISTS rather than replace an object. Default: `true`. */
  overwrite?: boolean | undefined;
}

/** The copy of a version onto its own key restores it. */
export async function copy(
  transport: Transport,
  from: ObjectRef,
  to: ObjectRef,
  { overwrite }: CopyOptions = {},
): Promise<StoredObject> {
  const { bucket, key, region } = to;
  const { copyObject } = await transport.request(
    copyObjectOperation,
    { from: toObjectInput(from), to: { bucket, key, region, overwrite } },
    // Large objects are copied part by part.
    { timeoutMs: 15 * 60_000 },
  );
  return toStoredObject(copyObject, copyObject.contentType);
}

/** Copies, then deletes the source, which stays if the copy fails. */
export async function move(
  transport: Transport,
  from: ObjectRef,
  to: ObjectRef,
  options?: CopyOptions,
): Promise<StoredObject> {
  if (from.bucket === to.bucket && from.key === to.key) {
    const message = "`from` and `to` are the same object.";
    throw new ValetKeyError(message, { code: "BAD_USER_INPUT", field: "to" });
  }
  const copied = await copy(transport, from, to, options);
  const { failed } = await removeObjects(transport, [from]);
  if (failed[0] !== undefined) throw failed[0];
  return copied;
}

export async function remove(
  transport: Transport,
  what: ObjectRef | readonly ObjectRef[] | Folder,
): Promise<Removal> {
  // Not just any `prefix`: one that is undefined by mistake would be the whole bucket.
  if (typeof (what as Folder).prefix === "string") return await removeFolder(transport, what as Folder);
  return await removeObjects(transport, [what].flat() as ObjectRef[]);
}

async function removeFolder(transport: Transport, { bucket, prefix, region }: Folder): Promise<Removal> {
  const total: Removal = { removed: 0, failed: [] };
  const variables = { bucket, prefix, region, first: maxItems };
  const fetch = async (after: string | undefined) =>
    (await transport.request(objectsOperation, { ...variables, after })).objects;
  for await (const { nodes } of pages(fetch)) {
    // Without the version: in a bucket with versioning, the object is hidden and can be brought back.
    const { removed, failed, markers } = await removeObjects(
      transport,
      nodes.map(({ key }) => ({ bucket, key, region })),
    );
    total.removed += removed;
    total.failed.push(...failed);
    if (markers !== undefined) total.markers = [...(total.markers ?? []), ...markers];
  }
  return total;
}

function notRemoved({ bucket, key }: ObjectRef, cause: ValetKeyError): ValetKeyError {
  const message = `The object ${key} of the bucket ${bucket} was not removed: ${cause.message}`;
  return new ValetKeyError(message, { ...cause, cause });
}

async function removeObjects(transport: Transport, objects: readonly ObjectRef[]): Promise<Removal> {
  const markers: ObjectRef[] = [];
  const results = await inBatches(objects, async (some, offset) => {
    const batch = some.map(toObjectInput);
    try {
      const { data, errors } = await transport.requestBatch(deleteObjectsOperation, { objects: batch });
      return data.deleteObjects.map((item, index) => {
        if (item === undefined) return errorAt(errors, "deleteObjects", index, offset);
        const { region, versionId } = batch[index] ?? {};
        // Without a version, S3 deletes nothing in such a bucket, and adds a delete marker.
        if (versionId === undefined && item.versionId !== undefined) {
          markers.push({ bucket: item.bucket, key: item.key, region, versionId: item.versionId });
        }
        return undefined;
      });
    } catch (thrown) {
      // Objects of earlier batches are gone, which has to be reported.
      if (offset === 0) throw thrown;
      return batch.map((object) => notRemoved(object, toValetKeyError(thrown)));
    }
  });
  const failed = results.filter((each) => each !== undefined);
  const removal: Removal = { removed: results.length - failed.length, failed };
  return markers.length === 0 ? removal : { ...removal, markers };
}
