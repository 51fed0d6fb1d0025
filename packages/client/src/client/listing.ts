import {
  type ObjectEntry,
  type ObjectRef,
  type StoredObject,
  toEntry,
  toStoredObject,
} from "../core/objects.ts";
import type { Transport } from "../core/transport.ts";
import { folderOperation, objectOperation, objectsOperation } from "../generated/strings.ts";

export interface ListOptions {
  bucket: string;
  prefix?: string | undefined;
  region?: string | undefined;
  /** How many objects are fetched at once, from 1 to 1,000. Default: 1,000. */
  pageSize?: number | undefined;
}

export interface FolderOptions {
  bucket: string;
  /** Of the folder, with the slash at its end. Default: the whole bucket. */
  prefix?: string | undefined;
  region?: string | undefined;
  /** `endCursor` of the page before. */
  after?: string | undefined;
  /** How many folders and objects are fetched at once, from 1 to 1,000. Default: 100. */
  pageSize?: number | undefined;
}

export interface FolderPage {
  /** Prefixes, each with a slash at its end. */
  folders: string[];
  objects: ObjectEntry[];
  endCursor: string | undefined;
  hasNextPage: boolean;
}

/** All objects below a prefix. Pages are fetched as they are needed. */
export async function* list(
  transport: Transport,
  { pageSize = 1000, ...place }: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  let after: string | null | undefined;
  do {
    const { objects } = await transport.request(objectsOperation, { ...place, first: pageSize, after });
    for (const node of objects.nodes) yield toEntry(node);
    after = objects.pageInfo.hasNextPage ? objects.pageInfo.endCursor : undefined;
  } while (after !== null && after !== undefined);
}

export async function folder(
  transport: Transport,
  { pageSize, ...options }: FolderOptions,
): Promise<FolderPage> {
  const { objects } = await transport.request(folderOperation, { ...options, first: pageSize });
  const { folders, nodes, pageInfo } = objects;
  return {
    folders,
    objects: nodes.map(toEntry),
    endCursor: pageInfo.endCursor ?? undefined,
    hasNextPage: pageInfo.hasNextPage,
  };
}

/** Undefined: there is no such object. */
export async function head(transport: Transport, object: ObjectRef): Promise<StoredObject | undefined> {
  const { bucket, key, region, versionId } = object;
  const found = await transport.request(objectOperation, { bucket, key, region, versionId });
  return found.object === null ? undefined : toStoredObject(found.object);
}
