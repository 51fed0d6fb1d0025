import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { parseObjectAddress } from "./arguments.ts";
import { answerEach } from "./batch.ts";
import type { RequestContext } from "./context.ts";
import { defaultExpiresInSeconds } from "./expires-in.ts";
import { signDownload, stableForDescription } from "./sign-download.ts";
import { DownloadUrl } from "./types/download-url.ts";
import { Disposition } from "./types/enums.ts";
import { ObjectInput } from "./types/inputs.ts";

const expiresInDescription =
  "Seconds. The most is what a grant and the server's role session allow; the error for more names it.";
const verifyDescription =
  "Checks first that bucket and object are there (one HEAD). `false` signs without any call to S3.";

@Resolver()
export class DownloadResolver {
  @Query(() => DownloadUrl, { description: "A presigned GET of one object." })
  downloadUrl(
    @Ctx() context: RequestContext,
    @Arg("bucket", () => String) bucket: string,
    @Arg("key", () => String) key: string,
    @Arg("region", () => String, { nullable: true }) region: string | null,
    @Arg("versionId", () => String, { nullable: true, description: "Left out: the latest version." })
    versionId: string | null,
    @Arg("expiresIn", () => Int, {
      nullable: true,
      defaultValue: defaultExpiresInSeconds,
      description: expiresInDescription,
    })
    expiresIn: number | null,
    @Arg("verify", () => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
    verify: boolean | null,
    @Arg("disposition", () => Disposition, {
      nullable: true,
      description: "Whether a browser shows the file or saves it, whatever is stored with it.",
    })
    disposition: Disposition | null,
    @Arg("filename", () => String, {
      nullable: true,
      description: "The name that a browser saves the file under. Alone it means ATTACHMENT.",
    })
    filename: string | null,
    @Arg("contentType", () => String, {
      nullable: true,
      description:
        "The type that a browser is told. Types that can run script, such as text/html, need ATTACHMENT.",
    })
    contentType: string | null,
    @Arg("stableFor", () => Int, { nullable: true, description: stableForDescription })
    stableFor: number | null,
  ): Promise<DownloadUrl> {
    const address = parseObjectAddress({ bucket, key, region, versionId }, context.services.regions);
    return signDownload(context, address, {
      expiresIn,
      verify: verify ?? true,
      disposition,
      filename,
      contentType,
      stableFor,
    });
  }

  @Query(() => [DownloadUrl], {
    nullable: "items",
    description:
      "Presigned GETs of up to 1,000 objects: item i answers object i. An item that fails is null, with an error whose path names it, and harms no other.",
  })
  downloadUrls(
    @Ctx() context: RequestContext,
    @Arg("objects", () => [ObjectInput]) objects: ObjectInput[],
    @Arg("expiresIn", () => Int, {
      nullable: true,
      defaultValue: defaultExpiresInSeconds,
      description: expiresInDescription,
    })
    expiresIn: number | null,
    @Arg("verify", () => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
    verify: boolean | null,
    @Arg("stableFor", () => Int, { nullable: true, description: stableForDescription })
    stableFor: number | null,
  ): Promise<(DownloadUrl | Error)[]> {
    return answerEach(objects, "objects", async (object, at) =>
      signDownload(context, parseObjectAddress(object, context.services.regions, at), {
        expiresIn,
        verify: verify ?? true,
        stableFor,
      }),
    );
  }
}
