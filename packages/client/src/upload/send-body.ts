import { fileChangedError, ValetKeyError } from "../core/errors.ts";
import { type StoreResponse, toStoreError } from "./store-error.ts";

export interface BodyToSend {
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: Blob;
  readonly signal: AbortSignal;
  onProgress(bytes: number): void;
}

/** Without any progress for this long, a request is given up and sent again. */
const stallMs = 60_000;
/** Where progress cannot be seen, a request may take this long, and a second for each 32 KiB. */
const slowestBytesPerSecond = 32 * 1024;

/**
 * Sends bytes to S3 with a presigned PUT request.
 *
 * @throws {ValetKeyError} STORE_REFUSED, CHECKSUM_MISMATCH, OBJECT_EXISTS, NETWORK, FILE_CHANGED
 */
export async function sendBody(request: BodyToSend, fetch: typeof globalThis.fetch): Promise<StoreResponse> {
  // Browsers report the progress of a body only to XMLHttpRequest.
  const send =
    typeof XMLHttpRequest === "undefined" ? () => sendByFetch(request, fetch) : () => sendByXhr(request);
  let response: StoreResponse;
  try {
    response = await send();
  } catch (cause) {
    if (!(await isReadable(request.body))) throw fileChangedError(cause);
    throw cause;
  }
  if (response.status < 200 || response.status > 299) throw toStoreError(response);
  return response;
}

function sendByXhr({ url, headers, body, signal, onProgress }: BodyToSend): Promise<StoreResponse> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const abort = () => xhr.abort();
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, stallMs);
    };
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    xhr.open("PUT", url);
    for (const { name, value } of headers) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => {
      restartTimer();
      onProgress(loaded);
    };
    xhr.onload = () => {
      end();
      resolve({ status: xhr.status, body: xhr.responseText, header: (name) => exposedHeader(xhr, name) });
    };
    xhr.onerror = xhr.onabort = () => {
      end();
      reject(networkError(url));
    };
    signal.addEventListener("abort", abort);
    restartTimer();
    xhr.send(body);
  });
}

/** `getResponseHeader` writes an error to the console for a header that the bucket's CORS rules do not expose. */
function exposedHeader(xhr: XMLHttpRequest, name: string): string | null {
  return new RegExp(`^${name}: (.*)`, "im").exec(xhr.getAllResponseHeaders())?.[1] ?? null;
}

async function sendByFetch(
  { url, headers, body, signal, onProgress }: BodyToSend,
  fetch: typeof globalThis.fetch,
): Promise<StoreResponse> {
  const timeout = AbortSignal.timeout(stallMs + Math.ceil((body.size * 1000) / slowestBytesPerSecond));
  try {
    const response = await fetch(url, {
      method: "PUT",
      headers: headers.map(({ name, value }): [string, string] => [name, value]),
      body,
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await response.text();
    onProgress(body.size);
    return { status: response.status, body: text, header: (name) => response.headers.get(name) };
  } catch (cause) {
    throw networkError(url, cause);
  }
}

/** A browser does not say why: the store was not reached, or its bucket has no CORS rule for this page. */
function networkError(url: string, cause?: unknown): ValetKeyError {
  const { host } = new URL(url);
  return new ValetKeyError(`The connection to the store ${host} failed.`, {
    code: "NETWORK",
    retryable: true,
    cause,
  });
}

async function isReadable(body: Blob): Promise<boolean> {
  try {
    await body.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
