/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation RequestUpload($input: UploadInput!, $size: SafeInt!) {\n    requestUpload(input: $input, size: $size) {\n      __typename\n      ... on PutUpload { url headers { name value } }\n      ... on MultipartUpload { id partSize partCount }\n    }\n  }\n": typeof types.RequestUploadDocument,
    "\n  query NextParts($id: ID!) {\n    upload(id: $id) {\n      partSize\n      uploadedParts { number etag }\n      parts(first: 8) { number url headers { name value } }\n    }\n  }\n": typeof types.NextPartsDocument,
    "\n  mutation CompleteUpload($id: ID!, $parts: [CompletedPartInput!]) {\n    completeUpload(id: $id, parts: $parts) { key size etag }\n  }\n": typeof types.CompleteUploadDocument,
    "\n  query DownloadUrl($bucket: String!, $key: String!) {\n    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }\n  }\n": typeof types.DownloadUrlDocument,
};
const documents: Documents = {
    "\n  mutation RequestUpload($input: UploadInput!, $size: SafeInt!) {\n    requestUpload(input: $input, size: $size) {\n      __typename\n      ... on PutUpload { url headers { name value } }\n      ... on MultipartUpload { id partSize partCount }\n    }\n  }\n": types.RequestUploadDocument,
    "\n  query NextParts($id: ID!) {\n    upload(id: $id) {\n      partSize\n      uploadedParts { number etag }\n      parts(first: 8) { number url headers { name value } }\n    }\n  }\n": types.NextPartsDocument,
    "\n  mutation CompleteUpload($id: ID!, $parts: [CompletedPartInput!]) {\n    completeUpload(id: $id, parts: $parts) { key size etag }\n  }\n": types.CompleteUploadDocument,
    "\n  query DownloadUrl($bucket: String!, $key: String!) {\n    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }\n  }\n": types.DownloadUrlDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RequestUpload($input: UploadInput!, $size: SafeInt!) {\n    requestUpload(input: $input, size: $size) {\n      __typename\n      ... on PutUpload { url headers { name value } }\n      ... on MultipartUpload { id partSize partCount }\n    }\n  }\n"): (typeof documents)["\n  mutation RequestUpload($input: UploadInput!, $size: SafeInt!) {\n    requestUpload(input: $input, size: $size) {\n      __typename\n      ... on PutUpload { url headers { name value } }\n      ... on MultipartUpload { id partSize partCount }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query NextParts($id: ID!) {\n    upload(id: $id) {\n      partSize\n      uploadedParts { number etag }\n      parts(first: 8) { number url headers { name value } }\n    }\n  }\n"): (typeof documents)["\n  query NextParts($id: ID!) {\n    upload(id: $id) {\n      partSize\n      uploadedParts { number etag }\n      parts(first: 8) { number url headers { name value } }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CompleteUpload($id: ID!, $parts: [CompletedPartInput!]) {\n    completeUpload(id: $id, parts: $parts) { key size etag }\n  }\n"): (typeof documents)["\n  mutation CompleteUpload($id: ID!, $parts: [CompletedPartInput!]) {\n    completeUpload(id: $id, parts: $parts) { key size etag }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DownloadUrl($bucket: String!, $key: String!) {\n    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }\n  }\n"): (typeof documents)["\n  query DownloadUrl($bucket: String!, $key: String!) {\n    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;