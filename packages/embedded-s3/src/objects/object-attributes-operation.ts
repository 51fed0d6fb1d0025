import { type Answer, xmlAnswer } from "../http/answer.ts";
import type { XmlElements } from "../http/xml.ts";
import { invalidArgument, type ObjectRequest } from "../s3-request.ts";
import { authorizeExisting, findObject, versionHeader } from "./find-version.ts";
import type { StoredObject } from "./object-version.ts";

const attributeNames = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"] as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export async function getObjectAttributes(request: ObjectRequest): Promise<Answer> {
  const { bucket, key, query, headers } = request;
  const versionId = query.get("versionId");
  const actions =
    versionId === undefined
      ? ["s3:GetObject", "s3:GetObjectAttributes"]
      : ["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"];
  for (const action of actions) authorizeExisting(request, action, { bucket, key, versionId });
  const wanted = parseNames(headers["x-amz-object-attributes"] ?? "");
  const object = findObject(request, bucket, key, versionId);
  const all = describe(object);
  const chosen = Object.fromEntries(wanted.map((name) => [name, all[name]]));
  return xmlAnswer("GetObjectAttributesResponse", chosen, {
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

function describe(object: StoredObject): XmlElements {
  const { checksum, partChecksums } = object;
  return {
    ETag: object.etag,
    Checksum: checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type },
    ObjectParts:
      object.uploadId === undefined
        ? undefined
        : {
            PartsCount: object.blobs.length,
            IsTruncated: false,
            Part:
              checksum &&
              object.blobs.map(({ bytes }, index) => ({
                PartNumber: index + 1,
                Size: bytes,
                [`Checksum${checksum.algorithm}`]: partChecksums?.[index],
              })),
          },
    StorageClass: "STANDARD",
    ObjectSize: object.bytes,
  };
}
