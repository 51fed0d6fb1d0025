/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The checksums that S3 can verify and store. */
export type ChecksumAlgorithm =
  /** The CRC-32 of zlib and gzip, 4 bytes, most significant byte first. Works for multipart uploads. */
  | 'CRC32'
  /** The CRC-32C (Castagnoli), 4 bytes, most significant byte first. Works for multipart uploads. */
  | 'CRC32C'
  /** The CRC-64/NVME, 8 bytes, most significant byte first. Works for multipart uploads. */
  | 'CRC64NVME'
  /** SHA-1, 20 bytes. Not available for multipart uploads. */
  | 'SHA1'
  /** SHA-256, 32 bytes. Not available for multipart uploads. */
  | 'SHA256';

/** A checksum of the whole file. It is compared with the bytes before the object is stored: by S3, and for `uploadFile` by the server. */
export type ChecksumInput = {
  /** The algorithm. Multipart uploads accept the CRC algorithms only. */
  algorithm: ChecksumAlgorithm;
  /** The checksum's bytes in base64, as in S3's `x-amz-checksum-*` headers. May be omitted only for multipart uploads, so that the client does not have to read the whole file first: give the value to `completeUpload`. With the method `AUTO`, an upload without the value is a multipart upload, whatever its size. */
  value?: string | null | undefined;
};

/** A part that was sent to S3, with the ETag that S3 returned for it. */
export type CompletedPartInput = {
  /** The `ETag` header of S3's response, with or without its quotes. */
  etag: string;
  /** The number of the part, from 1. */
  number: number;
};

/** A name with a value: an entry of an object's metadata, or a tag. */
export type KeyValueInput = {
  /** The name. A name of metadata has 1 to 128 characters that are allowed in the name of an HTTP header, and S3 stores it in lower case. The name of a tag has 1 to 128 letters, digits, spaces and `+-=._:/@`, and must not start with `aws:`. */
  name: string;
  /** The value. A value of metadata may be any Unicode text without control characters. The value of a tag has up to 256 letters, digits, spaces and `+-=._:/@`. */
  value: string;
};

/** Where to store a file, and what to store with it. */
export type UploadInput = {
  /** The name of the bucket. */
  bucket: string;
  /** The `Cache-Control` header of every download, such as `public, max-age=31536000, immutable`. */
  cacheControl?: string | null | undefined;
  /** A checksum of the file. If the bytes have another checksum, nothing is stored: `uploadFile` and `completeUpload` fail with `CHECKSUM_MISMATCH`, and S3 refuses a presigned upload with its own error (400 `BadDigest`). */
  checksum?: ChecksumInput | null | undefined;
  /** The `Content-Disposition` header of every download of the object, such as `attachment; filename="report.pdf"`. */
  contentDisposition?: string | null | undefined;
  /** The `Content-Encoding` header of every download, such as `gzip`. Set it if the file is already encoded; S3 does not encode it. */
  contentEncoding?: string | null | undefined;
  /** The media type of the file, such as `image/png`. Downloads have it as `Content-Type`. The caller's grants may require one of a list of types (`CONTENT_TYPE_NOT_ALLOWED`). */
  contentType?: string | null | undefined;
  /** The key to store the file under: 1 to 1,024 bytes of UTF-8. It is used exactly as given, so do not percent-encode it. Control characters, `.` or `..` as a path segment, and `${filename}` at the end are refused (`BAD_USER_INPUT`). */
  key: string;
  /** Metadata to store with the object. All names and values together may have up to 2,048 bytes as they are sent. A value that is not plain ASCII is sent in base64, which takes about 1.7 times its length in UTF-8. */
  metadata?: Array<KeyValueInput> | null | undefined;
  /** Whether the file may replace an object that already has this key. With `false` the upload fails if there is one: `uploadFile`, `copyObject` and `completeUpload` with `OBJECT_EXISTS`, a presigned PUT request with S3's status 412. S3 decides this when the upload ends, so only one of two concurrent uploads succeeds. The method `POST` refuses `false` (`BAD_USER_INPUT`), because a form cannot express it. */
  overwrite?: boolean | null | undefined;
  /** The AWS region of the bucket. If omitted, the server's default region is used. The server's operator decides which regions are allowed; another one is `BAD_USER_INPUT`. */
  region?: string | null | undefined;
  /** The storage class, such as `STANDARD_IA`. If omitted, the one that the server's operator has set for the bucket is used, or else `STANDARD`. Objects in `GLACIER` and `DEEP_ARCHIVE` cannot be downloaded or copied until they are restored in AWS (`OBJECT_ARCHIVED`). */
  storageClass?: string | null | undefined;
  /** Up to 10 tags to store with the object. */
  tags?: Array<KeyValueInput> | null | undefined;
};

export type RequestUploadMutationVariables = Exact<{
  input: UploadInput;
  size: number;
}>;


export type RequestUploadMutation = { requestUpload:
    | { __typename: 'MultipartUpload', id: string, partSize: number, partCount: number }
    | { __typename: 'PostUpload' }
    | { __typename: 'PutUpload', url: string, headers: Array<{ name: string, value: string }> }
   };

export type NextPartsQueryVariables = Exact<{
  id: string | number;
}>;


export type NextPartsQuery = { upload: { partSize: number, uploadedParts: Array<{ number: number, etag: string }>, parts: Array<{ number: number, url: string, headers: Array<{ name: string, value: string }> }> } | null };

export type CompleteUploadMutationVariables = Exact<{
  id: string | number;
  parts?: Array<CompletedPartInput> | CompletedPartInput | null | undefined;
}>;


export type CompleteUploadMutation = { completeUpload: { key: string, size: number, etag: string } | null };

export type DownloadUrlQueryVariables = Exact<{
  bucket: string;
  key: string;
}>;


export type DownloadUrlQuery = { downloadUrl: { url: string, expiresAt: string } };


export const RequestUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RequestUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UploadInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"size"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SafeInt"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requestUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}},{"kind":"Argument","name":{"kind":"Name","value":"size"},"value":{"kind":"Variable","name":{"kind":"Name","value":"size"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PutUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MultipartUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}}]}}]}}]}}]} as unknown as DocumentNode<RequestUploadMutation, RequestUploadMutationVariables>;
export const NextPartsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"NextParts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"uploadedParts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"etag"}}]}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"8"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}}]}}]}}]} as unknown as DocumentNode<NextPartsQuery, NextPartsQueryVariables>;
export const CompleteUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CompleteUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"parts"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CompletedPartInput"}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completeUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"parts"},"value":{"kind":"Variable","name":{"kind":"Name","value":"parts"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"etag"}}]}}]}}]} as unknown as DocumentNode<CompleteUploadMutation, CompleteUploadMutationVariables>;
export const DownloadUrlDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DownloadUrl"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"bucket"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"downloadUrl"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"bucket"},"value":{"kind":"Variable","name":{"kind":"Name","value":"bucket"}}},{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}}]}}]} as unknown as DocumentNode<DownloadUrlQuery, DownloadUrlQueryVariables>;