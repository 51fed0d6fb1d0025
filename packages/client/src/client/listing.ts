import { maxItems } from "../core/batches.ts";
import {
  type ObjectEntry,
  type ObjectRef,
  type StoredObject,
  toEntry,
  toStoredObject,
} from "../core/objects.ts";
import { pages } from "../core/pages.ts";
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
  options: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  const { pageSize = maxItems, ...place } = options ?? {};
  const fetch = async (after: string | undefined) =>
    (await transport.request(objectsOperation, { ...place, first: pageSize, after })).objects;
  for await (const { nodes } of pages(fetch)) yield* nodes.map(toEntry);
}

export async function folder(
  transport: Transport,
  { pageSize, ...options }: FolderOptions,
): Promise<FolderPage> {
  const { objects } = await transport.request(folderOperation, { ...options, first: pageSize });
  const { folders, nodes, pageInfo } = objects;
  return { folders, objects: nodes.map(toEntry), ...pageInfo };
}

/** Undefined: there is no such object. */
export async function head(transport: Transport, object: ObjectRef): Promise<StoredObject | undefined> {
  const { bucket, key, region, versionId } = object;
  const found = await transport.request(objectOperation, { bucket, key, region, versionId });
  return found.object && toStoredObject(found.object, found.object.contentType);
}
