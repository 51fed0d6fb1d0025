import { bareEtag, type ObjectHead, type StoredObject } from "../storage/objects/stored-object.ts";
import type * as api from "./types.ts";

export function toStoredObject(stored: StoredObject & Partial<ObjectHead>): api.StoredObject {
  const { bucket, key, region, versionId, sizeBytes, etag, contentType, lastModified } = stored;
  return { bucket, key, region, versionId, size: sizeBytes, etag: bareEtag(etag), contentType, lastModified };
}
