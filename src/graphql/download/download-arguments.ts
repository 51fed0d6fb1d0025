import { ArgsType, Field, Int } from "type-graphql";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";
import { Disposition } from "../types/enums.ts";
import { BucketField, KeyArgument, RegionArgument, VersionIdArgument } from "../types/fields.ts";
import { ObjectInput } from "../types/object-input.ts";

// Classes and not lists of @Arg: TypeGraphQL creates a promise for each @Arg of every field that it resolves.

@ArgsType()
class LifetimeArguments {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultExpiresInSeconds,
    description:
      "How many seconds the URL works. If omitted or `null`, it works for 2,400 seconds (40 minutes), or for fewer if the caller's grants or the server's role session allow fewer; see `expiresAt`. A URL of a CDN does not depend on a role session. If you ask for more than is allowed, the error (`BAD_USER_INPUT`) states the maximum.",
  })
  expiresIn!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      "Returns the same URL whenever the same caller asks for it within a window of this many seconds, so that browsers and CDNs can cache the response. Other callers get other URLs, as do requests that reach another replica of the server; all callers without a token count as one caller. If the bucket is delivered through a CDN, all callers get the same URL. The URL works for up to `stableFor` seconds longer than `expiresIn`, and both together must be allowed. If omitted, every call returns a new URL.",
  })
  stableFor?: number | null;
}

@ArgsType()
export class DownloadArguments extends LifetimeArguments {
  @Field(() => Disposition, {
    nullable: true,
    description:
      "Whether a browser shows the object or saves it. If omitted, the `contentDisposition` stored with the object decides; without one, a browser shows what it can.",
  })
  disposition?: Disposition | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The name under which a browser saves the object. Without `disposition` it implies `ATTACHMENT`.",
  })
  filename?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Overrides the media type stored with the object. Types that can run scripts, such as `text/html`, require the disposition `ATTACHMENT`.",
  })
  contentType?: string | null;
}

const verifyDescription =
  "Whether to check first that the bucket and the object exist, with one HEAD request to S3. With `false` the URL is signed without any request to S3, and a download of a missing object fails with 404.";

@ArgsType()
export class DownloadUrlArguments extends DownloadArguments {
  @BucketField()
  bucket!: string;

  @KeyArgument()
  key!: string;

  @RegionArgument()
  region?: string | null;

  @VersionIdArgument()
  versionId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
  verify!: boolean;
}

@ArgsType()
export class DownloadUrlsArguments extends LifetimeArguments {
  @Field(() => [ObjectInput], { description: "The objects, at most 1,000." })
  objects!: ObjectInput[];

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
  verify!: boolean;
}
