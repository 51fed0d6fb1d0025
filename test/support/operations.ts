import type { GraphQLClient } from "./graphql-client.ts";

/** The fields of the public schema that tests call, each as a function of the client. They throw GraphQLFailure. */

export interface KeyValue {
  readonly name: string;
  readonly value: string;
}

export interface Address {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface UploadInput extends Address {
  readonly contentType?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
  readonly metadata?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
  readonly checksum?: { readonly algorithm: string; readonly value?: string | null | undefined };
  readonly overwrite?: boolean;
}

export interface DownloadUrl extends Address {
  readonly url: string;
  readonly expiresAt: string;
}

export interface DownloadUrlArguments extends Address {
  readonly expiresIn?: number;
  readonly verify?: boolean;
  readonly disposition?: "INLINE" | "ATTACHMENT";
  readonly filename?: string;
  readonly contentType?: string;
}

export interface PutUpload {
  readonly __typename: "PutUpload";
  readonly url: string;
  readonly headers: readonly KeyValue[];
  readonly expiresAt: string;
  readonly receipt: string;
}

export interface PostUpload {
  readonly __typename: "PostUpload";
  readonly url: string;
  readonly fields: readonly KeyValue[];
  readonly expiresAt: string;
  readonly receipt: string;
}

export interface MultipartUpload extends Address {
  readonly __typename: "MultipartUpload";
  readonly id: string;
  readonly size: number;
  readonly partSize: number;
  readonly partCount: number;
  readonly parts: readonly UploadPart[];
  readonly uploadedParts: readonly {
    readonly number: number;
    readonly size: number;
    readonly etag: string;
  }[];
}

export interface UploadPart {
  readonly number: number;
  readonly size: number;
  readonly url: string;
  readonly headers: readonly KeyValue[];
  readonly expiresAt: string;
}

export interface StoredObject extends Address {
  readonly size: number;
  readonly etag: string;
  /** Costs a HEAD, and so the grant to DOWNLOAD: uploadFile below does not ask for it. */
  readonly contentType?: string | null;
}

export async function downloadUrl(client: GraphQLClient, args: DownloadUrlArguments): Promise<DownloadUrl> {
  const data = await client.data<{ downloadUrl: DownloadUrl }>(
    `query ($bucket: String!, $key: String!, $versionId: String, $expiresIn: Int, $verify: Boolean,
        $disposition: Disposition, $filename: String, $contentType: String) {
      downloadUrl(bucket: $bucket, key: $key, versionId: $versionId, expiresIn: $expiresIn, verify: $verify,
        disposition: $disposition, filename: $filename, contentType: $contentType) { url expiresAt bucket key }
    }`,
    { ...args },
  );
  return data.downloadUrl;
}

export interface UploadArguments {
  readonly input: UploadInput;
  readonly size?: number;
  readonly maxSize?: number;
  readonly expiresIn?: number;
  readonly resume?: boolean;
  /** Of a multipart upload: how many parts to sign in the same answer. */
  readonly firstParts?: number;
}

interface UploadRequests {
  PUT: PutUpload;
  POST: PostUpload;
  MULTIPART: MultipartUpload;
  AUTO: PutUpload | PostUpload | MultipartUpload;
}

export async function requestUpload<Method extends keyof UploadRequests>(
  client: GraphQLClient,
  method: Method,
  args: UploadArguments,
): Promise<UploadRequests[Method]> {
  const data = await client.data<{ requestUpload: UploadRequests[Method] }>(
    `mutation ($input: UploadInput!, $size: SafeInt, $maxSize: SafeInt, $method: UploadMethod, $expiresIn: Int,
        $resume: Boolean, $firstParts: Int) {
      requestUpload(input: $input, size: $size, maxSize: $maxSize, method: $method, expiresIn: $expiresIn, resume: $resume) {
        __typename
        ... on PutUpload { url headers { name value } expiresAt receipt }
        ... on PostUpload { url fields { name value } expiresAt receipt }
        ... on MultipartUpload { ...Upload parts(first: $firstParts) { ...Part } }
      }
    }
    ${uploadFragment} ${partFragment}`,
    { method, firstParts: 1, ...args },
  );
  return data.requestUpload;
}

const uploadFragment = `fragment Upload on MultipartUpload {
  id bucket key size partSize partCount uploadedParts { number size etag }
}`;
const partFragment = "fragment Part on UploadPart { number size url headers { name value } expiresAt }";

/** An upload found again by its id, with the parts asked for. Null when it is gone. */
export async function findUpload(
  client: GraphQLClient,
  id: string,
  numbers: readonly number[] = [],
): Promise<MultipartUpload | null> {
  const data = await client.data<{ upload: MultipartUpload | null }>(
    `query ($id: ID!, $numbers: [Int!]) { upload(id: $id) { ...Upload parts(numbers: $numbers) { ...Part } } }
    ${uploadFragment} ${partFragment}`,
    { id, numbers },
  );
  return data.upload;
}

export async function completeUpload(
  client: GraphQLClient,
  id: string,
  parts?: readonly { number: number; etag: string }[],
  checksum?: string,
): Promise<StoredObject> {
  const data = await client.data<{ completeUpload: StoredObject }>(
    `mutation ($id: ID!, $parts: [CompletedPartInput!], $checksum: String) {
      completeUpload(id: $id, parts: $parts, checksum: $checksum) { bucket key size etag contentType }
    }`,
    { id, parts, checksum },
  );
  return data.completeUpload;
}

export async function confirmUpload(client: GraphQLClient, receipt: string): Promise<StoredObject> {
  const data = await client.data<{ confirmUpload: StoredObject }>(
    "mutation ($receipt: ID!) { confirmUpload(receipt: $receipt) { bucket key versionId size etag } }",
    { receipt },
  );
  return data.confirmUpload;
}

export async function abortUpload(client: GraphQLClient, id: string): Promise<string> {
  const data = await client.data<{ abortUpload: string }>("mutation ($id: ID!) { abortUpload(id: $id) }", {
    id,
  });
  return data.abortUpload;
}

export const uploadFileMutation = `mutation ($file: Upload!, $input: UploadInput!) {
  uploadFile(file: $file, input: $input) { bucket key size etag }
}`;

export async function uploadFile(
  client: GraphQLClient,
  file: Blob,
  input: UploadInput,
): Promise<StoredObject> {
  const data = await client.dataWithFile<{ uploadFile: StoredObject }>(uploadFileMutation, { input }, file);
  return data.uploadFile;
}

export async function copyObject(
  client: GraphQLClient,
  from: Address,
  to: UploadInput,
): Promise<StoredObject> {
  const data = await client.data<{ copyObject: StoredObject }>(
    `mutation ($from: ObjectInput!, $to: UploadInput!) {
      copyObject(from: $from, to: $to) { bucket key size etag contentType }
    }`,
    { from, to },
  );
  return data.copyObject;
}
