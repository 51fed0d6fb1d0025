import type { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describeFailure } from "./s3-errors.ts";

/** No answer came, or none that can be read: S3 may have done what it was asked, or not. */
export class LostAnswer extends Error {
  // Not `cause`, in which the SDK would find a reason to try again.
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("S3's answer got lost.");
    this.failure = failure;
  }
}

/** Nobody heard of the request. */
const neverSent = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/**
 * Keeps the SDK from repeating a call that S3 may have done already: it fails with {@link LostAnswer}.
 * What S3 refused to do, such as one call too many, is repeated as ever.
 */
export function repeatOnlyWhatWasRefused(
  command: CreateMultipartUploadCommand,
): CreateMultipartUploadCommand {
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { httpStatus = 0, connectionCode = "" } = describeFailure(error);
        throw httpStatus < 300 && !neverSent.test(connectionCode) ? new LostAnswer(error) : error;
      }
    },
    { step: "finalizeRequest", priority: "low", name: "repeatOnlyWhatWasRefused" },
  );
  return command;
}
