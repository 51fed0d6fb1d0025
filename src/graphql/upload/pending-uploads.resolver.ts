import { Args, ArgsType, Query, Resolver } from "type-graphql";
import { authorizeUploadsBelow } from "../../access/authorization.ts";
import { parseKeyPrefix } from "../../core/object-address.ts";
import { listPendingUploads, parsePendingPage } from "../../storage/multipart/pending-uploads.ts";
import { parseBucketAddress } from "../addresses.ts";
import { Context, type RequestContext } from "../context.ts";
import { PrefixArgument, toConnection } from "../types/connection.ts";
import { Cost, pageSize } from "../types/field-cost.ts";
import { AfterArgument, BucketField, FirstArgument, RegionArgument } from "../types/fields.ts";
import { PendingUploadConnection } from "./pending-upload.ts";

@ArgsType()
class UploadsArguments {
  @BucketField()
  bucket!: string;

  @PrefixArgument("uploads to keys that", "UPLOAD")
  prefix!: string;

  @RegionArgument()
  region?: string | null;

  @FirstArgument("uploads")
  first!: number;

  @AfterArgument("It must be from a list with the same `prefix`.")
  after?: string | null;
}

@Resolver()
export class PendingUploadsResolver {
  @Cost({ items: pageSize, s3Calls: 1 })
  @Query(() => PendingUploadConnection, {
    description:
      "Lists multipart uploads in progress, page by page. Requires a grant for `UPLOAD`. After a reload, a client finds its unfinished uploads here. Resume one with `requestUpload` and `resume: true`, or end it with `abortUpload`.",
  })
  async uploads(
    @Context() context: RequestContext,
    @Args(() => UploadsArguments) { bucket, region, first, after, ...given }: UploadsArguments,
  ): Promise<PendingUploadConnection> {
    const address = parseBucketAddress({ bucket, region }, context.services.regions);
    const prefix = parseKeyPrefix(given.prefix);
    const request = parsePendingPage({ prefix, first, after: after ?? undefined });
    authorizeUploadsBelow(context.grants, { bucket: address.bucket, prefix });
    const { page, there } = await context.callS3(
      address,
      async (s3, there) => ({ page: await listPendingUploads(s3, there, request), there }),
      "pending-uploads",
    );
    const { uploadIds, recentUploadTerms } = context.services;
    await recentUploadTerms.load(page.uploads.map(({ key, uploadId }) => ({ ...there, key, uploadId })));
    return toConnection({ ...page, items: page.uploads }, after, ({ key, uploadId, startedAt }) => {
      const upload = { ...there, key, uploadId };
      const id = uploadIds.seal(recentUploadTerms.find(upload) ?? upload);
      return { id, bucket: there.bucket, key, region: there.region, startedAt: startedAt ?? new Date(0) };
    });
  }
}
