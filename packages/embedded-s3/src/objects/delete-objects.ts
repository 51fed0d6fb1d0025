import { parseExpectedDigests } from "../checksums/expected-digests.ts";
import { notImplemented, StoreError } from "../core/store-error.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import { malformedXml, parseXml, type XmlElements } from "../http/xml.ts";
import { receiveText } from "../requests/request-body.ts";
import type { BucketRequest, StoreState } from "../requests/s3-request.ts";
import { deleteVersion } from "./delete-object.ts";

const maxObjects = 1000;

interface NamedObject {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly ifMatch: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export async function deleteObjects(request: BucketRequest, { now }: StoreState): Promise<StoreResponse> {
  assertDigestSent(request);
  const root = parseXml(await receiveText(request), "Delete");
  const isQuiet = root.childText("Quiet")?.trim() === "true";
  const objects = root.children("Object").map((object) => {
    const key = object.childText("Key");
    if (key === undefined || key === "") throw malformedXml();
    // Conditions that S3 has for directory buckets only.
    for (const condition of ["LastModifiedTime", "Size"]) {
      if (object.childNames.includes(condition)) throw notImplemented(condition);
    }
    return { key, versionId: object.childText("VersionId"), ifMatch: object.childText("ETag") };
  });
  if (objects.length === 0 || objects.length > maxObjects) throw malformedXml();
  const deleted: XmlElements[] = [];
  const errors: XmlElements[] = [];
  for (const object of objects) {
    try {
      deleted.push(await deleteOne(request, object, now()));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      errors.push({ Key: object.key, VersionId: object.versionId, Code: error.code, Message: error.message });
    }
  }
  return xmlResponse("DeleteResult", { Deleted: isQuiet ? [] : deleted, Error: errors });
}

function assertDigestSent(request: BucketRequest): void {
  const { md5, checksum } = parseExpectedDigests(request.headers, undefined);
  if (md5 !== undefined || checksum !== undefined) return;
  throw new StoreError(400, "InvalidRequest", "Missing required header for this request: Content-MD5");
}

async function deleteOne(request: BucketRequest, object: NamedObject, now: Date): Promise<XmlElements> {
  const { key, versionId, ifMatch } = object;
  const deletion = await deleteVersion(request, { key, versionId, conditions: { ifMatch } }, now);
  return {
    Key: key,
    VersionId: versionId,
    DeleteMarker: deletion.deleteMarker || undefined,
    DeleteMarkerVersionId: deletion.deleteMarker ? deletion.versionId : undefined,
  };
}
