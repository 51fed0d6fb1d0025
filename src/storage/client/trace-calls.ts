import type { S3Client } from "@aws-sdk/client-s3";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import { inAwsSpan, type SpanError } from "../../core/tracing.ts";

/** Makes each call of the client a span, with its retries and the time that it waits for its turn. */
export function traceCalls(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) =>
        inAwsSpan("S3", commandName.replace(/Command$/, ""), toSpanError, () => next(args)),
    { step: "initialize", priority: "high", name: "traceCalls" },
  );
}

/** Many errors of S3 are ordinary responses: a HEAD request finds out whether there is an object. */
function toSpanError(error: unknown): SpanError {
  const { name, connectionCode, httpStatus } = describeSdkFailure(error);
  const isFault = httpStatus === undefined || httpStatus >= 500;
  return { type: connectionCode ?? name, isFault, httpStatus };
}
