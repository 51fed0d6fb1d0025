import type { S3Client } from "@aws-sdk/client-s3";
import type { Metrics } from "../../core/metrics.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import { inAwsSpan, type SpanError } from "../../core/tracing.ts";

/** Observes each call of the client: its retries and the time that it waits for its turn are part of it. */
export function observeCalls(client: S3Client, metrics: Metrics): void {
  client.middlewareStack.add(
    (next, { commandName = "unknown" }) =>
      (args) =>
        observed(metrics, operationOf(commandName), () => next(args)),
    { step: "initialize", priority: "high", name: "observeCalls" },
  );
}

/** `HeadObject` for `HeadObjectCommand` */
export function operationOf(commandName: string): string {
  return commandName.replace(/Command$/, "");
}

/** Runs a call in a span, and observes how long it takes and how it ends. */
export function observed<Result>(
  { s3RequestDuration }: Metrics,
  operation: string,
  call: () => Promise<Result>,
): Promise<Result> {
  return inAwsSpan("S3", operation, toSpanError, async () => {
    const startedAtMs = performance.now();
    let outcome: Outcome = "ok";
    try {
      return await call();
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      s3RequestDuration.observe({ operation, outcome }, (performance.now() - startedAtMs) / 1000);
    }
  });
}

type Outcome = "ok" | "client_error" | "server_error" | "unreachable";

function outcomeOf(error: unknown): Outcome {
  const { httpStatus } = describeSdkFailure(error);
  if (httpStatus === undefined) return "unreachable";
  return httpStatus >= 500 ? "server_error" : "client_error";
}

/** Many errors of S3 are ordinary responses: a HEAD request finds out whether there is an object. */
function toSpanError(error: unknown): SpanError {
  const { name, connectionCode, httpStatus } = describeSdkFailure(error);
  const isFault = httpStatus === undefined || httpStatus >= 500;
  return { type: connectionCode ?? name, isFault, httpStatus };
}
