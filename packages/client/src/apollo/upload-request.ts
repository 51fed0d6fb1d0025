import type { FileAtPath } from "./extract-files.ts";

export interface UploadProgress {
  /** How many bytes of the request have been sent. */
  bytes: number;
  /** The size of the request: that of its files, and of a few more bytes. */
  total: number;
}

export interface UploadRequest {
  readonly files: readonly FileAtPath[];
  readonly onProgress: ((progress: UploadProgress) => void) | undefined;
}

/** Sends an operation with files, as https://github.com/jaydenseric/graphql-multipart-request-spec describes it. */
export async function sendUpload(
  url: string,
  { body: operations, headers, signal, credentials, ...init }: RequestInit,
  { files, onProgress }: UploadRequest,
  fetch: typeof globalThis.fetch | undefined,
): Promise<Response> {
  const form = new FormData();
  form.append("operations", String(operations));
  form.append("map", JSON.stringify(Object.fromEntries(files.map(({ path }, index) => [index, [path]]))));
  for (const [index, { file }] of files.entries())
    form.append(String(index), file, file instanceof File ? file.name : "blob");

  const formHeaders = new Headers(headers);
  // The browser sets it, with the boundary of the parts.
  formHeaders.delete("content-type");
  formHeaders.set("apollo-require-preflight", "1");
  // Browsers report the progress of a body only to XMLHttpRequest.
  if (fetch === undefined && typeof XMLHttpRequest !== "undefined")
    return await sendByXhr(url, { form, headers: formHeaders, signal, credentials, onProgress });
  const response = await (fetch ?? globalThis.fetch)(url, {
    ...init,
    method: "POST",
    body: form,
    headers: formHeaders,
    signal: signal ?? null,
    ...(credentials && { credentials }),
  });
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  onProgress?.({ bytes: total, total });
  return response;
}

interface XhrOptions {
  readonly form: FormData;
  readonly headers: Headers;
  readonly signal: AbortSignal | null | undefined;
  readonly credentials: RequestCredentials | undefined;
  readonly onProgress: ((progress: UploadProgress) => void) | undefined;
}

/** Like `fetch`, with progress. */
function sendByXhr(
  url: string,
  { form, headers, signal, credentials, onProgress }: XhrOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open("POST", url);
    xhr.withCredentials = credentials === "include";
    headers.forEach((value, name) => {
      xhr.setRequestHeader(name, value);
    });
    xhr.upload.onprogress = ({ loaded, total }) => onProgress?.({ bytes: loaded, total });
    xhr.onload = () => resolve(toResponse(xhr));
    xhr.onerror = () => reject(new TypeError(`The connection to ${url} failed.`));
    xhr.onabort = () => reject(signal?.reason ?? new DOMException("The upload was aborted.", "AbortError"));
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    xhr.send(form);
  });
}

function toResponse(xhr: XMLHttpRequest): Response {
  const { status, statusText, responseText } = xhr;
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  // A response with such a status has no body.
  const body = status === 204 || status === 205 || status === 304 ? null : responseText;
  return new Response(body, { status, statusText, headers });
}
