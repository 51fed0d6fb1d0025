import { Args, ArgsType, Field, Int, Mutation, Resolver } from "type-graphql";
import { minCredentialsSeconds } from "../../access/authorize-credentials.ts";
import { Context, type RequestContext } from "../context.ts";
import { Action } from "../types/enums.ts";
import { Cost } from "../types/field-cost.ts";
import { BucketField, RegionArgument } from "../types/fields.ts";
import { requestCredentials } from "./request-credentials.ts";
import { TemporaryCredentials } from "./temporary-credentials.ts";

@ArgsType()
class RequestCredentialsArguments {
  @BucketField()
  bucket!: string;

  @Field(() => String, {
    nullable: true,
    defaultValue: "",
    description:
      "The credentials are for keys that start with this prefix. For each action, a grant must cover all of it; a wider prefix is `FORBIDDEN`.",
  })
  prefix!: string;

  @RegionArgument()
  region?: string | null;

  @Field(() => [Action], {
    description:
      "What the credentials allow: `DOWNLOAD`, `UPLOAD`, `LIST` and `DELETE`, each at most once. `CREDENTIALS` itself is `BAD_USER_INPUT`.",
  })
  actions!: Action[];

  @Field(() => Int, {
    nullable: true,
    defaultValue: minCredentialsSeconds,
    description:
      "How long the credentials are valid: from 900 seconds to the smallest maximum of the grants that are used and of the server's role.",
  })
  durationSeconds!: number;
}

/**
 * Each of these fields is a call to STS, whose quota all callers share, and it cannot be answered from a cache. An
 * operation may have ten of them.
 */
const s3CallsOfIssue = 250;

@Resolver()
export class CredentialsResolver {
  @Cost({ s3Calls: s3CallsOfIssue })
  @Mutation(() => TemporaryCredentials, {
    description:
      "Returns temporary credentials for clients that speak S3 themselves, such as the AWS SDKs, the AWS CLI, rclone or DuckDB. They allow exactly these actions below this prefix, and nothing else. For each action, one grant must cover the prefix and allow `CREDENTIALS` as well. S3 cannot enforce the `maxUploadBytes` and `contentTypes` of a grant on such a client. Credentials cannot be revoked one by one: they work until `expiresAt`.",
  })
  requestCredentials(
    @Context() context: RequestContext,
    @Args(() => RequestCredentialsArguments) request: RequestCredentialsArguments,
  ): Promise<TemporaryCredentials> {
    return requestCredentials(context, request);
  }
}
