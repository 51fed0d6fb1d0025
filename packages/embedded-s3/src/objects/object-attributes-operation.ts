import { invalidArgument, parseInteger } from "../core/arguments.ts";
import { authorizeKms } from "../encryption/authorize-kms.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import type { XmlElements } from "../http/xml.ts";
import { type ObjectRequest } from "../requests/s3-request.ts";
import type { StoredObject } from "../store/object-version.ts";
import { authorizeExisting, findObject, versionHeader } from "./find-version.ts";

const attributeNames = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export async function getObjectAttributes(request: ObjectRequest): Promise<StoreResponse> {
  const { bucket, key, query, headers } = request;
  const versionId = query.get("versionId");
  const actions =
    versionId === undefined
      ? ["s3:GetObject", "s3:GetObjectAttributes"]
      : ["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"];
  for (const action of actions) authorizeExisting(request, action, { bucket, key, versionId });
  const wanted = parseNames(headers["x-amz-object-attributes"] ?? "");
  const object = findObject(request, bucket, key, versionId);
  if (object.checksum !== undefined && (wanted.includes("Checksum") || wanted.includes("ObjectParts"))) {
    authorizeKms(request, "kms:Decrypt", { bucket, key, encryption: object.encryption });
  }
  const all = describe(object, partsPage(headers));
  const chosen = Object.fromEntries(wanted.map((name) => [name, all[name]]));
  return xmlResponse("GetObjectAttributesResponse", chosen, {
    "last-modified": new Date(object.lastModified).toUTCString(),
    ...versionHeader(bucket, object.versionId),
  });
}

function parseNames(header: string): (typeof attributeNames)[number][] {
  return header.split(",").map((text) => {
    const name = attributeNames.find((known) => known === text.trim());
    if (name === undefined) {
      throw invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", header);
    }
    return name;
  });
}

interface PartsPage {
  readonly maxParts: number;
  /** The page begins after this part number. */
  readonly marker: number;
}

function partsPage(headers: ObjectRequest["headers"]): PartsPage {
  const limits = { minimum: 0, maximum: 1000, default: 1000 };
  const markerLimits = { minimum: 0, maximum: 2 ** 31 - 1, default: 0 };
  return {
    maxParts: parseInteger(headers["x-amz-max-parts"], "x-amz-max-parts", limits),
    marker: parseInteger(headers["x-amz-part-number-marker"], "x-amz-part-number-marker", markerLimits),
  };
}

function describe(object: StoredObject, page: PartsPage): XmlElements {
  const { checksum } = object;
  return {
    ETag: object.etag,
    Checksum: checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type },
    ObjectParts: object.uploadId === undefined ? undefined : describeParts(object, page),
    StorageClass: "STANDARD",
    ObjectSize: object.bytes,
  };
}

/** S3 lists the parts of an object only if the object has a checksum. */
function describeParts(
  { blobs, checksum, partChecksums }: StoredObject,
  { maxParts, marker }: PartsPage,
): XmlElements {
  if (checksum === undefined) return { PartsCount: blobs.length };
  const parts = blobs.map(({ bytes }, index) => ({
    PartNumber: index + 1,
    Size: bytes,
    [`Checksum${checksum.algorithm}`]: partChecksums?.[index],
  }));
  const page = parts.slice(marker, marker + maxParts);
  const next = marker + page.length;
  return {
    PartsCount: blobs.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: next,
    MaxParts: maxParts,
    IsTruncated: next < parts.length,
    Part: page,
  };
}
