import { noContent, type StoreResponse, xmlResponse } from "../http/response.ts";
import { parseXml } from "../http/xml.ts";
import { requestTagContext } from "../iam/condition-context.ts";
import { receiveText } from "../requests/request-body.ts";
import type { ObjectRequest } from "../requests/s3-request.ts";
import type { StoredObject, Tags } from "../store/object-version.ts";
import { authorizeExisting, findObject, type NamedVersion, versionHeader } from "./find-version.ts";
import { parseTaggingDocument, renderTags } from "./tag-set.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html

export async function getObjectTagging(request: ObjectRequest): Promise<StoreResponse> {
  authorizeExisting(
    request,
    request.query.has("versionId") ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging",
    named(request),
  );
  const object = addressed(request);
  return xmlResponse("Tagging", renderTags(object.tags), versionHeader(request.bucket, object.versionId));
}

export async function putObjectTagging(request: ObjectRequest): Promise<StoreResponse> {
  const action = request.query.has("versionId") ? "s3:PutObjectVersionTagging" : "s3:PutObjectTagging";
  const tags = parseTaggingDocument(parseXml(await receiveText(request), "Tagging"));
  authorizeExisting(request, action, named(request), requestTagContext(tags));
  const object = await replaceTags(request, tags);
  return { status: 200, headers: versionHeader(request.bucket, object.versionId) };
}

export async function deleteObjectTagging(request: ObjectRequest): Promise<StoreResponse> {
  authorizeExisting(
    request,
    request.query.has("versionId") ? "s3:DeleteObjectVersionTagging" : "s3:DeleteObjectTagging",
    named(request),
  );
  const object = await replaceTags(request, {});
  return { ...noContent, headers: versionHeader(request.bucket, object.versionId) };
}

function named({ bucket, key, query }: ObjectRequest): NamedVersion {
  return { bucket, key, versionId: query.get("versionId") };
}

function addressed(request: ObjectRequest): StoredObject {
  return findObject(request, request.bucket, request.key, request.query.get("versionId"));
}

async function replaceTags(request: ObjectRequest, tags: Tags): Promise<StoredObject> {
  let object = addressed(request);
  await request.bucket.updateVersions(request.key, (versions) => {
    object = addressed(request);
    return versions.map((version) => (version === object ? { ...object, tags } : version));
  });
  return object;
}
