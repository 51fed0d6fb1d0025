import * as bucket from "./buckets/bucket-operations.ts";
import * as cors from "./buckets/cors-operations.ts";
import * as encryption from "./buckets/encryption-operations.ts";
import * as policy from "./buckets/policy-operations.ts";
import { StoreError } from "./core/store-error.ts";
import type { StoreResponse } from "./http/response.ts";
import { listMultipartUploads, listObjectVersions } from "./listing/history-listing-operations.ts";
import { listObjects, listObjectsV2 } from "./listing/listing-operations.ts";
import { completeMultipartUpload } from "./multipart/complete-upload.ts";
import { uploadPartCopy } from "./multipart/copy-part.ts";
import * as multipart from "./multipart/multipart-operations.ts";
import { copyObject } from "./objects/copy-object.ts";
import { deleteObject } from "./objects/delete-object.ts";
import { deleteObjects } from "./objects/delete-objects.ts";
import { getObjectAttributes } from "./objects/object-attributes-operation.ts";
import { getObject, headObject } from "./objects/read-object.ts";
import * as tagging from "./objects/tagging-operations.ts";
import { putObject } from "./objects/write-object.ts";
import type { BucketRequest, ObjectRequest, S3Request, StoreState } from "./requests/s3-request.ts";

type Handler<Request> = (request: Request, state: StoreState) => Promise<StoreResponse>;

export interface Route<Request> {
  /** The name that S3 has for the operation. */
  readonly operation: string;
  readonly method: string;
  /** The query parameters by which it is recognized. */
  readonly query: readonly string[];
  readonly header?: string | undefined;
  readonly handle: Handler<Request>;
}

function route<Request>(
  operation: string,
  method: string,
  query: readonly string[],
  handle: Handler<Request>,
  header?: string,
): Route<Request> {
  return { operation, method, query, handle, header };
}

const bucketRoutes: readonly Route<BucketRequest>[] = [
  route("GetBucketLocation", "GET", ["location"], bucket.getBucketLocation),
  route("GetBucketVersioning", "GET", ["versioning"], bucket.getBucketVersioning),
  route("PutBucketVersioning", "PUT", ["versioning"], bucket.putBucketVersioning),
  route("GetBucketCors", "GET", ["cors"], cors.getBucketCors),
  route("PutBucketCors", "PUT", ["cors"], cors.putBucketCors),
  route("DeleteBucketCors", "DELETE", ["cors"], cors.deleteBucketCors),
  route("GetBucketEncryption", "GET", ["encryption"], encryption.getBucketEncryption),
  route("PutBucketEncryption", "PUT", ["encryption"], encryption.putBucketEncryption),
  route("DeleteBucketEncryption", "DELETE", ["encryption"], encryption.deleteBucketEncryption),
  route("GetBucketPolicy", "GET", ["policy"], policy.getBucketPolicy),
  route("PutBucketPolicy", "PUT", ["policy"], policy.putBucketPolicy),
  route("DeleteBucketPolicy", "DELETE", ["policy"], policy.deleteBucketPolicy),
  route("ListObjectVersions", "GET", ["versions"], listObjectVersions),
  route("ListMultipartUploads", "GET", ["uploads"], listMultipartUploads),
  route("ListObjectsV2", "GET", ["list-type"], listObjectsV2),
  route("ListObjects", "GET", [], listObjects),
  route("DeleteObjects", "POST", ["delete"], deleteObjects),
  route("HeadBucket", "HEAD", [], bucket.headBucket),
  route("DeleteBucket", "DELETE", [], bucket.deleteBucket),
];

const objectRoutes: readonly Route<ObjectRequest>[] = [
  route("GetObjectTagging", "GET", ["tagging"], tagging.getObjectTagging),
  route("PutObjectTagging", "PUT", ["tagging"], tagging.putObjectTagging),
  route("DeleteObjectTagging", "DELETE", ["tagging"], tagging.deleteObjectTagging),
  route("GetObjectAttributes", "GET", ["attributes"], getObjectAttributes),
  route("CreateMultipartUpload", "POST", ["uploads"], multipart.createMultipartUpload),
  route("ListParts", "GET", ["uploadId"], multipart.listParts),
  route("UploadPartCopy", "PUT", ["partNumber", "uploadId"], uploadPartCopy, "x-amz-copy-source"),
  route("UploadPart", "PUT", ["partNumber", "uploadId"], multipart.uploadPart),
  route("CompleteMultipartUpload", "POST", ["uploadId"], completeMultipartUpload),
  route("AbortMultipartUpload", "DELETE", ["uploadId"], multipart.abortMultipartUpload),
  route("CopyObject", "PUT", [], copyObject, "x-amz-copy-source"),
  route("PutObject", "PUT", [], putObject),
  route("GetObject", "GET", [], getObject),
  route("HeadObject", "HEAD", [], headObject),
  route("DeleteObject", "DELETE", [], deleteObject),
];

const serviceRoutes: readonly Route<S3Request>[] = [route("ListBuckets", "GET", [], bucket.listBuckets)];

const newBucketRoutes: readonly Route<S3Request & { readonly bucketName: string }>[] = [
  route("CreateBucket", "PUT", [], bucket.createBucket),
];

export const routes = {
  service: serviceRoutes,
  newBucket: newBucketRoutes,
  bucket: bucketRoutes,
  object: objectRoutes,
};

/** Parameters that select another operation. A request with one that no route has must not be routed without it. */
const subresources = new Set(
  [
    "accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle",
    "list-type location logging metadataTable metrics notification object-lock ownershipControls partNumber policy",
    "policyStatus publicAccessBlock renameObject replication requestPayment restore retention select session tagging",
    "torrent uploadId uploads versioning versions website",
  ].flatMap((line) => line.split(" ")),
);

/** Finds the first route that matches. In a GET or HEAD, `partNumber` selects bytes and not an operation. */
export function findRoute<Request>(
  candidates: readonly Route<Request>[],
  request: {
    readonly method: string;
    readonly query: ReadonlyMap<string, string>;
    readonly headers: Readonly<Record<string, string>>;
  },
): Route<Request> | undefined {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const named = [...request.query.keys()].filter(
    (name) => subresources.has(name) && !(isRead && name === "partNumber"),
  );
  return candidates.find(
    ({ method, query, header }) =>
      method === request.method &&
      query.length === named.length &&
      query.every((name) => named.includes(name)) &&
      (header === undefined || request.headers[header] !== undefined),
  );
}

/** @throws {StoreError} MethodNotAllowed (405), NotImplemented (501) */
export function noSuchRoute(method: string, query: ReadonlyMap<string, string>): StoreError {
  if (![...query.keys()].some((name) => subresources.has(name))) {
    return new StoreError(
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      {
        details: { Method: method },
      },
    );
  }
  return new StoreError(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
  );
}
