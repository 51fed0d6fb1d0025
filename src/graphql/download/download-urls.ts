import { type GivenObject, parseDownloadAddress } from "../addresses.ts";
import { settleEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";
import type { DownloadUrl } from "./download-url.ts";
import { type DownloadOptions, signDownload } from "./sign-download.ts";

/** @throws {ValetKeyError} BAD_USER_INPUT, FORBIDDEN; with `verify`, OBJECT_NOT_FOUND and BUCKET_NOT_FOUND */
export function downloadUrl(
  context: RequestContext,
  object: GivenObject,
  options: DownloadOptions,
): Promise<DownloadUrl> {
  return signDownload(context, parseDownloadAddress(object, context.services.regions), options);
}

/** Item i of the result belongs to object i. */
export function downloadUrls(
  context: RequestContext,
  objects: readonly GivenObject[],
  options: DownloadOptions,
): Promise<(DownloadUrl | Error)[]> {
  const elsewhere = { expiresIn: "expiresIn", stableFor: "stableFor" };
  return settleEach(objects, { argument: "objects", elsewhere, turns: context.turns }, (object) =>
    downloadUrl(context, object, options),
  );
}
