/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The checksums that S3 verifies and keeps. */
export type ChecksumAlgorithm =
  /** 4 bytes, zlib's. Also for multipart uploads. */
  | 'CRC32'
  /** 4 bytes, Castagnoli's. Also for multipart uploads. */
  | 'CRC32C'
  /** 8 bytes. Also for multipart uploads. */
  | 'CRC64NVME'
  /** 20 bytes. Not for multipart uploads. */
  | 'SHA1'
  /** 32 bytes. Not for multipart uploads. */
  | 'SHA256';

/** A checksum of the whole file, which S3 holds the bytes against. */
export type ChecksumInput = {
  /** Which checksum it is. A multipart upload takes a CRC. */
  algorithm: ChecksumAlgorithm;
  /** Base64 of the checksum's bytes, as in S3's x-amz-checksum-* headers. */
  value: string;
};

/** A part that was sent, and the ETag that S3 answered to it. */
export type CompletedPartInput = {
  /** The ETag header of S3's answer, with or without its quotes. */
  etag: string;
  /** The part's number, from 1. */
  number: number;
};

/** A name and a value: one entry of metadata, one tag. */
export type KeyValueInput = {
  /** Metadata: what a header's name may be, up to 128 characters, in lower case when it is read. A tag: up to 128 letters, digits, spaces and `+-=._:/@`, not beginning with `aws:`. */
  name: string;
  /** Metadata: any text without control characters. A tag: up to 256 of the characters of its name. */
  value: string;
};

/** Where a file goes, and what S3 keeps and tells about it. */
export type UploadInput = {
  /** The bucket's name. */
  bucket: string;
  /** Cache-Control that every download of the object will have. */
  cacheControl?: string | null | undefined;
  /** What the file's bytes must add up to. Nothing is stored when they do not. */
  checksum?: ChecksumInput | null | undefined;
  /** Content-Disposition that every download of the object will have. */
  contentDisposition?: string | null | undefined;
  /** Content-Encoding, such as `gzip`, of bytes that are encoded already. */
  contentEncoding?: string | null | undefined;
  /** The file's media type, such as `image/png`. A grant may ask for it. */
  contentType?: string | null | undefined;
  /** The key to store the file under, 1 to 1,024 bytes of UTF-8. */
  key: string;
  /** Metadata to keep with the object. Values are any Unicode text without control characters. Names and values have 2,048 bytes in all, as they are sent: a value that is not plain ASCII goes in base64 and counts for about 1.7 times its UTF-8 bytes. */
  metadata?: Array<KeyValueInput> | null | undefined;
  /** `false`: an object that is there already stays as it is (OBJECT_EXISTS). S3 itself decides, so two uploads cannot both win. */
  overwrite?: boolean | null | undefined;
  /** The bucket's region. Left out: the server's default region. */
  region?: string | null | undefined;
  /** Up to 10 tags. */
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