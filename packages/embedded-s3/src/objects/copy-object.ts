import { parseChecksumAlgorithm } from "../checksums/checksums.ts";
import { invalidArgument } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import { asksForEncryption, encryptionHeaders } from "../encryption/encryption-headers.ts";
import { type StoreResponse, xmlResponse } from "../http/response.ts";
import { authorizeObject } from "../requests/authorization.ts";
import { type ObjectRequest, type StoreState } from "../requests/s3-request.ts";
import type { ObjectAttributes } from "../store/object-version.ts";
import { parsePreconditions } from "./conditional-requests.ts";
import { sourceVersionHeader, withCopiedBlob } from "./copied-blob.ts";
import { assertCopySize, type CopySource, findCopySource } from "./copy-source.ts";
import { authorizeExisting, versionHeader } from "./find-version.ts";
import { parseAttributes } from "./object-attributes.ts";
import { authorizeEncryption, authorizeWrite, commitObject } from "./write-object.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export async function copyObject(request: ObjectRequest, state: StoreState): Promise<StoreResponse> {
  const { bucket, key, headers } = request;
  const sent = parseAttributes(headers);
  const replacesMetadata = isReplacing(request, "x-amz-metadata-directive");
  const replacesTags = isReplacing(request, "x-amz-tagging-directive");
  authorizeWrite(request, replacesTags ? sent.tags : {});
  const source = findCopySource(request, state);
  assertCopySize(source.object.bytes);
  const changesNothing = !replacesMetadata && !asksForEncryption(headers) && source.versionId === undefined;
  if (source.bucket === bucket && source.key === key && changesNothing) throw copyOntoItself();
  const encryption = authorizeEncryption(request);
  if (!replacesTags) authorizeTagCopy(request, source);
  const { object: copied } = source;
  const attributes: ObjectAttributes = {
    ...(replacesMetadata ? sent : copied),
    tags: replacesTags ? sent.tags : copied.tags,
  };
  const algorithm = headers["x-amz-checksum-algorithm"];
  const checksumAlgorithm =
    algorithm === undefined
      ? copied.checksum?.algorithm
      : parseChecksumAlgorithm(algorithm, "x-amz-checksum-algorithm");
  const conditions = parsePreconditions(headers);
  return await withCopiedBlob(state, copied, undefined, checksumAlgorithm, async (received) => {
    const { checksum } = received;
    const written = { attributes, encryption, conditions, received, now: state.now() };
    const object = await commitObject(request, written);
    return xmlResponse(
      "CopyObjectResult",
      {
        ETag: `"${object.etag}"`,
        LastModified: object.lastModified,
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
      },
      {
        ...versionHeader(bucket, object.versionId),
        ...sourceVersionHeader(source),
        ...encryptionHeaders(encryption),
      },
    );
  });
}

function isReplacing({ headers }: ObjectRequest, header: string): boolean {
  const directive = headers[header] ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw invalidArgument(`Unknown directive: ${directive}`, header, directive);
  }
  return directive === "REPLACE";
}

function copyOntoItself(): StoreError {
  return new StoreError(
    400,
    "InvalidRequest",
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function authorizeTagCopy(request: ObjectRequest, source: CopySource): void {
  if (Object.keys(source.object.tags).length === 0) return;
  const action = source.versionId === undefined ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging";
  authorizeExisting(request, action, source);
  authorizeObject(request, "s3:PutObjectTagging");
}
