import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { graphql } from "./generated/gql.ts";

export interface Server {
  /** For example `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** The caller's bearer token. Callers without a token are anonymous. */
  token?: string | undefined;
}

/** An error that the server returned. docs/errors.md lists the codes. */
export class ServerError extends Error {
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The path of the argument at fault, if there is one. */
  readonly field: string | undefined;

  constructor(message: string, { code, retryable, field }: ErrorExtensions) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.field = field;
  }
}

interface ErrorExtensions {
  code: string;
  retryable: boolean;
  field?: string;
}

/**
 * Sends an operation.
 * @throws {ServerError} with the first error of the response
 */
export async function request<Result, Variables>(
  { url, token }: Server,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Result;
    errors?: { message: string; extensions: ErrorExtensions }[];
  };
  const [error] = errors ?? [];
  if (error !== undefined) throw new ServerError(error.message, error.extensions);
  if (data === undefined) throw new Error("The response has no data.");
  return data;
}

const requestUpload = graphql(`
  mutation RequestUpload($input: UploadInput!, $size: SafeInt!) {
    requestUpload(input: $input, size: $size) {
      __typename
      ... on PutUpload { url headers { name value } }
      ... on MultipartUpload { id partSize partCount }
    }
  }
`);

const nextParts = graphql(`
  query NextParts($id: ID!) {
    upload(id: $id) {
      partSize
      uploadedParts { number etag }
      parts(first: 8) { number url headers { name value } }
    }
  }
`);

const completeUpload = graphql(`
  mutation CompleteUpload($id: ID!, $parts: [CompletedPartInput!]) {
    completeUpload(id: $id, parts: $parts) { key size etag }
  }
`);

const downloadUrl = graphql(`
  query DownloadUrl($bucket: String!, $key: String!) {
    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }
  }
`);

/** Uploads a file from the browser directly to S3: with one PUT request, or in parts. */
export async function upload(server: Server, bucket: string, key: string, file: Blob): Promise<void> {
  const input = { bucket, key, contentType: file.type || null };
  const { requestUpload: how } = await request(server, requestUpload, { input, size: file.size });
  if (how.__typename === "PutUpload") await put(how, file);
  if (how.__typename === "MultipartUpload") await sendParts(server, how.id, file);
}

async function sendParts(server: Server, id: string, file: Blob): Promise<void> {
  for (;;) {
    const { upload: pending } = await request(server, nextParts, { id });
    if (!pending) throw new Error("The upload has been completed or aborted.");
    if (pending.parts.length === 0) {
      // With the list of parts, the call can be repeated if its response was lost.
      const parts = pending.uploadedParts.map(({ number, etag }) => ({ number, etag }));
      await request(server, completeUpload, { id, parts });
      return;
    }
    await Promise.all(
      pending.parts.map((part) => {
        const start = (part.number - 1) * pending.partSize;
        return put(part, file.slice(start, start + pending.partSize));
      }),
    );
  }
}

interface Signed {
  url: string;
  headers: { name: string; value: string }[];
}

async function put({ url, headers }: Signed, body: Blob): Promise<void> {
  const response = await fetch(url, {
    method: "PUT",
    headers: headers.map(({ name, value }): [string, string] => [name, value]),
    body,
  });
  if (!response.ok) throw new Error(`S3 responded with status ${response.status}.`);
}

export async function download(server: Server, bucket: string, key: string): Promise<Blob> {
  const { downloadUrl: signed } = await request(server, downloadUrl, { bucket, key });
  const response = await fetch(signed.url);
  if (!response.ok) throw new Error(`S3 responded with status ${response.status}.`);
  return response.blob();
}
