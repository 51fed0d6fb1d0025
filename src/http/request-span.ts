import { context, propagation, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isTracing, markFailed, tracer } from "../core/tracing.ts";

/**
 * Starts the span of a request, which ends with the response. Its parent is the span of the server around it, or else the
 * one that the header `traceparent` names. Undefined if nothing is traced.
 */
export function startRequestSpan(
  { method, routeOptions, headers }: FastifyRequest,
  reply: FastifyReply,
): Span | undefined {
  if (!isTracing()) return undefined;
  const outer = context.active();
  const isNested = trace.getSpan(outer) !== undefined;
  // A handler for any path does not know where it is mounted.
  const route = routeOptions.url === "*" ? undefined : routeOptions.url;
  const span = tracer().startSpan(
    route === undefined ? method : `${method} ${route}`,
    {
      kind: isNested ? SpanKind.INTERNAL : SpanKind.SERVER,
      attributes: { "http.request.method": method, "http.route": route },
    },
    isNested ? outer : propagation.extract(outer, headers),
  );
  if (span.isRecording()) reply.raw.once("close", () => endRequestSpan(span, reply));
  return span;
}

function endRequestSpan(span: Span, { raw }: FastifyReply): void {
  const { statusCode: status, headersSent } = raw;
  if (headersSent) span.setAttribute("http.response.status_code", status);
  if (headersSent && status >= 400) markFailed(span, { type: String(status), isFault: status >= 500 });
  else if (!raw.writableFinished) markFailed(span, { type: "client_disconnected", isFault: false });
  span.end();
}
