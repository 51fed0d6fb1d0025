import { inBatches } from "../core/batches.ts";
import { toValetKeyError, type ValetKeyError } from "../core/errors.ts";
import { type ObjectRef, toObjectInput } from "../core/objects.ts";
import { errorAt } from "../core/response.ts";
import type { Transport } from "../core/transport.ts";
import { downloadUrlOperation, downloadUrlsOperation } from "../generated/strings.ts";

export interface DownloadOptions {
  /** For how many seconds the URL works. Default: 2,400, or fewer if the server allows fewer. */
  expiresIn?: number | undefined;
  /** Whether the server checks first that the object exists. Default: true. */
  verify?: boolean | undefined;
  /** Whether a browser shows the object or saves it. */
  disposition?: "INLINE" | "ATTACHMENT" | undefined;
  /** The name under which a browser saves the object. */
  filename?: string | undefined;
  /** Overrides the stored content type. */
  contentType?: string | undefined;
  /** Returns the same URL for this many seconds, so that it can be cached. */
  stableFor?: number | undefined;
}

export interface SignedUrl {
  url: string;
  /** When the URL stops working. */
  expiresAt: Date;
}

/** @throws {ValetKeyError} OBJECT_NOT_FOUND, FORBIDDEN, UNAUTHENTICATED, … */
export async function downloadUrl(
  transport: Transport,
  object: ObjectRef,
  options: DownloadOptions = {},
): Promise<SignedUrl> {
  const { downloadUrl } = await transport.request(downloadUrlOperation, {
    ...toObjectInput(object),
    ...options,
  });
  return downloadUrl;
}

/** Item i belongs to object i: its URL, or the error of this object. */
export async function downloadUrls(
  transport: Transport,
  objects: readonly ObjectRef[],
  options: DownloadOptions = {},
): Promise<(SignedUrl | ValetKeyError)[]> {
  // The server's batch does not have these options.
  const { disposition, filename, contentType, ...shared } = options;
  if (disposition !== undefined || filename !== undefined || contentType !== undefined) {
    return await Promise.all(
      objects.map((object) => downloadUrl(transport, object, options).catch(toValetKeyError)),
    );
  }
  return await inBatches(objects, async (some, offset) => {
    const { data, errors } = await transport.requestBatch(downloadUrlsOperation, {
      objects: some.map(toObjectInput),
      ...shared,
    });
    return data.downloadUrls.map((item, index) => item ?? errorAt(errors, "downloadUrls", index, offset));
  });
}
