import { authorizeList } from "../../access/authorization.ts";
import { type BucketAddress, parseKeyPrefix } from "../../core/object-address.ts";
import { listObjects, type ObjectPage, parsePage } from "../../storage/objects/list-objects.ts";
import { parseBucketAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";

export interface ListRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface ListedPage {
  readonly page: ObjectPage;
  /** Where the bucket actually is. */
  readonly there: BucketAddress;
}

/** @throws {ValetKeyError} BAD_USER_INPUT, FORBIDDEN, BUCKET_NOT_FOUND */
export async function listPage(
  context: RequestContext,
  { bucket, region, delimiter, first, after, ...given }: ListRequest,
): Promise<ListedPage> {
  const address = parseBucketAddress({ bucket, region }, context.services.regions);
  const prefix = parseKeyPrefix(given.prefix);
  const request = parsePage({
    prefix,
    delimiter: delimiter ? parseKeyPrefix(delimiter, "delimiter") : undefined,
    first,
    after: after ?? undefined,
  });
  authorizeList(context.grants, { bucket: address.bucket, prefix });
  return context.callS3(address, async (s3, there) => ({
    page: await listObjects(s3, there, request),
    there,
  }));
}
