import type { GraphQLResolveInfo } from "graphql";
import { Args, Info, Query, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { requestedExpiresIn } from "../requested-expires-in.ts";
import { Cost, lengthOf, listLength, maxItems } from "../types/field-cost.ts";
import { DownloadUrlArguments, DownloadUrlsArguments } from "./download-arguments.ts";
import { DownloadUrl } from "./download-url.ts";
import { downloadUrl, downloadUrls } from "./download-urls.ts";

@Resolver()
export class DownloadResolver {
  @Cost({ s3Calls: { max: 1, of: ({ verify }) => (verify === false ? 0 : 1) } })
  @Query(() => DownloadUrl, {
    description:
      "Returns a presigned URL to download one object directly from S3, or from the CDN of the bucket. Requires a grant for `DOWNLOAD`. Fails with `OBJECT_NOT_FOUND`, `BUCKET_NOT_FOUND` or `FORBIDDEN`, or with `UNAUTHENTICATED` if a token could help.",
  })
  downloadUrl(
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadUrlArguments) options: DownloadUrlArguments,
  ): Promise<DownloadUrl> {
    const expiresIn = requestedExpiresIn(info, options.expiresIn);
    return downloadUrl(context, options, { ...options, expiresIn });
  }

  @Cost({
    items: lengthOf("objects"),
    s3Calls: { max: maxItems, of: ({ objects, verify }) => (verify === false ? 0 : listLength(objects)) },
  })
  @Query(() => [DownloadUrl], {
    nullable: "items",
    description:
      "Returns presigned URLs to download up to 1,000 objects. Item i of the result belongs to object i. A failed item is `null`, with an error at its path; other items are unaffected.",
  })
  downloadUrls(
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadUrlsArguments) { objects, ...options }: DownloadUrlsArguments,
  ): Promise<(DownloadUrl | Error)[]> {
    const expiresIn = requestedExpiresIn(info, options.expiresIn);
    return downloadUrls(context, objects, { ...options, expiresIn });
  }
}
