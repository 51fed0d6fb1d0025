import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, Info, Query, Resolver } from "type-graphql";
import { parseDownloadAddress } from "../arguments.ts";
import { settleEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";
import { writtenExpiresIn } from "../written-expires-in.ts";
import { DownloadUrlArguments, DownloadUrlsArguments } from "./download-arguments.ts";
import { DownloadUrl } from "./download-url.ts";
import { signDownload } from "./sign-download.ts";

@Resolver()
export class DownloadResolver {
  @Query(() => DownloadUrl, { description: "A presigned GET of one object." })
  downloadUrl(
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadUrlArguments) wanted: DownloadUrlArguments,
  ): Promise<DownloadUrl> {
    const address = parseDownloadAddress(wanted, context.services.regions);
    const expiresIn = writtenExpiresIn(info, wanted.expiresIn);
    return signDownload(context, address, { ...wanted, expiresIn, verify: wanted.verify ?? true });
  }

  @Query(() => [DownloadUrl], {
    nullable: "items",
    description:
      "Presigned GETs of up to 1,000 objects: item i answers object i. An item that fails is null, with an error whose path names it, and harms no other.",
  })
  downloadUrls(
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadUrlsArguments) { objects, expiresIn, verify, stableFor }: DownloadUrlsArguments,
  ): Promise<(DownloadUrl | Error)[]> {
    const asked = writtenExpiresIn(info, expiresIn);
    return settleEach(
      objects,
      "objects",
      async (object) =>
        signDownload(context, parseDownloadAddress(object, context.services.regions), {
          expiresIn: asked,
          verify: verify ?? true,
          stableFor,
        }),
      { expiresIn: "expiresIn", stableFor: "stableFor" },
    );
  }
}
