import { ArgsType, Field, Int } from "type-graphql";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";
import { Disposition } from "../types/enums.ts";
import { ObjectInput } from "../types/inputs.ts";

// Classes and not lists of @Arg: TypeGraphQL makes a promise of each @Arg, for every field that is resolved.

/** How long a URL lives, and whether it is the same for a while. */
@ArgsType()
class LifetimeArguments {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultExpiresInSeconds,
    description:
      "Seconds. Left out or null: 2,400, or fewer where no more are allowed; `expiresAt` says it. A number has to be allowed by a grant and by the server's role session: the error for more names the most.",
  })
  expiresIn!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Seconds. Calls within the same window of this length get the same URL, so that browsers and CDNs can cache by it, as long as the server's role session outlives the window and the URL; each replica of the server has a session, and so a URL, of its own. The URL lives up to this much longer than expiresIn, and both together may be what expiresIn alone may be.",
  })
  stableFor?: number | null;
}

@ArgsType()
export class DownloadArguments extends LifetimeArguments {
  @Field(() => Disposition, {
    nullable: true,
    description:
      "Whether a browser shows the file or saves it, whatever is stored with it. Left out: as it is stored, and without that a browser shows what it can.",
  })
  disposition?: Disposition | null;

  @Field(() => String, {
    nullable: true,
    description: "The name that a browser saves the file under. Alone it means ATTACHMENT.",
  })
  filename?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The type that a browser is told. Types that can run script, such as text/html, need ATTACHMENT.",
  })
  contentType?: string | null;
}

const verifyDescription =
  "Checks first that bucket and object are there (one HEAD). `false` signs without any call to S3.";

@ArgsType()
export class DownloadUrlArguments extends DownloadArguments {
  @Field(() => String, { description: "The bucket's name." })
  bucket!: string;

  @Field(() => String, { description: "The object's key, exactly as it is." })
  key!: string;

  @Field(() => String, {
    nullable: true,
    description: "The bucket's region. Left out: the server's default region.",
  })
  region?: string | null;

  @Field(() => String, { nullable: true, description: "Left out: the latest version." })
  versionId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
  verify!: boolean | null;
}

@ArgsType()
export class DownloadUrlsArguments extends LifetimeArguments {
  @Field(() => [ObjectInput], { description: "The objects, up to 1,000." })
  objects!: ObjectInput[];

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: verifyDescription })
  verify!: boolean | null;
}
