import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { graphql } from "./generated/gql.ts";

/** Sends an operation; throws the first error's code and message. */
export async function request<Result, Variables>(
  url: string,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Result;
    errors?: { message: string; extensions: { code: string } }[];
  };
  const [error] = errors ?? [];
  if (error !== undefined) throw new Error(`${error.extensions.code}: ${error.message}`);
  if (data === undefined) throw new Error("No data.");
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
    upload(id: $id) { partSize parts(first: 8) { number url headers { name value } } }
  }
`);

const completeUpload = graphql(`
  mutation CompleteUpload($id: ID!) {
    completeUpload(id: $id) { key size etag }
  }
`);

const downloadUrl = graphql(`
  query DownloadUrl($bucket: String!, $key: String!) {
    downloadUrl(bucket: $bucket, key: $key) { url expiresAt }
  }
`);

/** Puts a file into a bucket, straight from the browser: one PUT, or parts that S3 itself keeps count of. */
export async function upload(url: string, bucket: string, key: string, file: Blob): Promise<void> {
  const input = { bucket, key, contentType: file.type || null };
  const { requestUpload: how } = await request(url, requestUpload, { input, size: file.size });
  if (how.__typename === "PutUpload") await put(how, file);
  if (how.__typename === "MultipartUpload") await sendParts(url, how.id, file);
}

async function sendParts(url: string, id: string, file: Blob): Promise<void> {
  for (;;) {
    const { upload: pending } = await request(url, nextParts, { id });
    if (!pending) throw new Error("The upload is gone.");
    if (pending.parts.length === 0) break;
    await Promise.all(
      pending.parts.map((part) => {
        const start = (part.number - 1) * pending.partSize;
        return put(part, file.slice(start, start + pending.partSize));
      }),
    );
  }
  await request(url, completeUpload, { id });
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
  if (!response.ok) throw new Error(`The store answered ${response.status}.`);
}

export async function download(url: string, bucket: string, key: string): Promise<Blob> {
  const { downloadUrl: signed } = await request(url, downloadUrl, { bucket, key });
  const response = await fetch(signed.url);
  if (!response.ok) throw new Error(`The store answered ${response.status}.`);
  return response.blob();
}
