import type { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describeFailure } from "./s3-failure.ts";

/** No readable response arrived, so S3 may or may not have carried out the request. */
export class AmbiguousResult extends Error {
  // This is not `cause`, because the SDK would take that for a reason to retry.
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("The result of a request to S3 is unknown.");
    this.failure = failure;
  }
}

/** The request never reached S3. */
const neverSent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/**
 * Keeps the SDK from retrying a call that S3 may have carried out already. Such a call fails with an
 * {@link AmbiguousResult}. Calls that S3 refused, for example with SlowDown, are still retried.
 */
export function retryOnlyIfRefused(command: CreateMultipartUploadCommand): CreateMultipartUploadCommand {
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { httpStatus = 0, connectionCode = "" } = describeFailure(error);
        throw httpStatus < 300 && !neverSent.test(connectionCode) ? new AmbiguousResult(error) : error;
      }
    },
    { step: "finalizeRequest", priority: "low", name: "retryOnlyIfRefused" },
  );
  return command;
}
