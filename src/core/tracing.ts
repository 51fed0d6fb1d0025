import {
  context,
  INVALID_TRACEID,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { isServiceFailure, ValetKeyError } from "./errors.ts";
import { version } from "./version.ts";

/**
 * Spans of OpenTelemetry. Without a registered provider, the API does nothing. No attribute contains a key, a bucket, a
 * token, a URL, an ARN or an error's message, because traces are often sent to other companies.
 */
export interface SpanSettings extends Pick<SpanOptions, "kind" | "attributes"> {
  /** What an error of the work says about the span. Default: its code, and whether it is a failure of the server or of a service. */
  readonly describeError?: ((error: unknown) => SpanError) | undefined;
}

export interface SpanError {
  /** The attribute `error.type`: a code. */
  readonly type: string;
  /** Whether the server or a service has failed, and not the request. Only then does the span have the status ERROR. */
  readonly isFault: boolean;
  /** The status of the response, if there was one. */
  readonly httpStatus?: number | undefined;
}

/** Runs `work` in a span. Spans that start in `work`, also later and asynchronously, are its children. */
export function inSpan<Result>(
  name: string,
  { describeError = describe, ...options }: SpanSettings,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isTracing()) return work();
  const span = tracer().startSpan(name, options);
  return isTraced(span) ? withSpan(span, () => endWith(span, work, describeError)) : work();
}

async function endWith<Result>(
  span: Span,
  work: () => Promise<Result>,
  describeError: (error: unknown) => SpanError,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    markFailed(span, describeError(error));
    throw error;
  } finally {
    span.end();
  }
}

/** False without a provider. A span that is not sampled has an id, by which its children know that they are not either. */
function isTraced(span: Span): boolean {
  return span.spanContext().traceId !== INVALID_TRACEID;
}

const noProvider = new ProxyTracerProvider().getDelegate();

/**
 * Whether a provider has been registered. The answer is not kept: a provider that is registered later by another copy
 * of the API would not be found.
 */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegate?.() !== noProvider;
}

/** Not kept either. */
export function tracer(): Tracer {
  return trace.getTracer("valetkey", version);
}

/** Runs a call to S3 or STS in a span, retries included. */
export function inAwsSpan<Result>(
  service: "S3" | "STS",
  operation: string,
  describeError: (error: unknown) => SpanError,
  call: () => Promise<Result>,
): Promise<Result> {
  const attributes = { "rpc.system": "aws-api", "rpc.service": service, "rpc.method": operation };
  return inSpan(`${service}/${operation}`, { kind: SpanKind.CLIENT, attributes, describeError }, call);
}

const safeType = /^[\w.]{1,64}$/;

export function markFailed(span: Span, { type, isFault, httpStatus }: SpanError): void {
  // Stores choose the codes of their errors.
  span.setAttribute("error.type", safeType.test(type) ? type : "_OTHER");
  if (httpStatus !== undefined) span.setAttribute("http.response.status_code", httpStatus);
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
}

function describe(error: unknown): SpanError {
  if (!(error instanceof ValetKeyError)) return { type: "INTERNAL_SERVER_ERROR", isFault: true };
  return { type: error.code, isFault: isServiceFailure(error) || error.code === "INTERNAL_SERVER_ERROR" };
}

/** Runs `work` as a part of a span that has been started elsewhere. */
export function withSpan<Result>(span: Span | undefined, work: () => Result): Result {
  return span === undefined || !isTraced(span)
    ? work()
    : context.with(trace.setSpan(context.active(), span), work);
}

/** The span that the running code belongs to. */
export function activeSpan(): Span | undefined {
  return trace.getActiveSpan();
}

/** What connects a line of the log with a span. Empty if the span is not recorded. */
export function spanFields(span: Span | undefined): { trace_id?: string; span_id?: string } {
  if (span?.isRecording() !== true) return {};
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

/** Waits until the finished spans are exported, but not for longer than `timeoutMs`. Never rejects. */
export async function flushSpans(timeoutMs: number): Promise<void> {
  const provider = trace.getTracerProvider() as Flushable & { getDelegate?(): Flushable };
  const flushable = provider.getDelegate?.() ?? provider;
  if (flushable.forceFlush === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([flushable.forceFlush(), timeout]).catch(() => {});
  clearTimeout(timer);
}

/** The API has no such method, and every SDK has it. */
interface Flushable {
  forceFlush?(): Promise<void>;
}
