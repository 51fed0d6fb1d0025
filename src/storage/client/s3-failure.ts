import { describeSdkFailure, type SdkFailure } from "../../core/sdk-failure.ts";

/** The facts about a failed call to S3. */
export interface S3Failure extends SdkFailure {
  /** The bucket's region, if S3 names it. */
  readonly region: string | undefined;
  /** The precondition that failed, if S3 names it. */
  readonly condition: string | undefined;
}

export function describeFailure(error: unknown): S3Failure {
  const failure = describeSdkFailure(error);
  const { Region, Condition } = (error ?? {}) as { readonly Region?: unknown; readonly Condition?: unknown };
  const region = failure.responseHeaders["x-amz-bucket-region"] ?? Region;
  return {
    ...failure,
    region: typeof region === "string" && region !== "" ? region : undefined,
    condition: typeof Condition === "string" ? Condition : undefined,
  };
}
