import type { KeyValue, PostUpload } from "./operations.ts";

/** What a browser does with the answers of requestUpload and upload.parts: plain HTTP, no SDK. */

export function sendPut(
  signed: { readonly url: string; readonly headers: readonly KeyValue[] },
  body: Uint8Array,
  changedHeaders: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(signed.url, {
    method: "PUT",
    headers: { ...record(signed.headers), ...changedHeaders },
    // The types of browsers, which some tests are checked with, take no view of shared memory.
    body: new Uint8Array(body),
  });
}

export function sendPost(
  signed: PostUpload,
  body: Uint8Array,
  changedFields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...record(signed.fields), ...changedFields }))
    form.set(name, value);
  form.set("file", new Blob([new Uint8Array(body)]), "file");
  return fetch(signed.url, { method: "POST", body: form });
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

export function record(pairs: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}
