import { SpanKind, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { expect, test } from "vitest";
import { startLibrary } from "../../support/library.ts";
import { startNodeHost } from "../../support/mounted-server.ts";
import { downloadUrl } from "../../support/operations.ts";
import { bucket } from "../../support/test-server.ts";

// The host's own set-up of OpenTelemetry.
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const host = trace.getTracer("host");

const named = (name: string): ReadableSpan | undefined =>
  exporter.getFinishedSpans().findLast((span) => span.name === name);
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;

test("calls to S3 by the functions of createValetKey are children of the host's span", async () => {
  await using library = await startLibrary();
  await host.startActiveSpan("a job", async (span) => {
    const missing = library.valetKey
      .for({ authenticated: false })
      .downloadUrl({ bucket: "demo", key: "missing" });
    await expect(missing).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    span.end();
  });
  const call = named("S3/HeadObject");
  expect(call).toBeDefined();
  expect(parentOf(call)).toBe(named("a job")?.spanContext().spanId);
});

test("the span of a request to a mounted API is an internal child of the host's span", async () => {
  await using server = await startNodeHost({
    listener: (handler) => (request, response) => {
      host.startActiveSpan("the host", { kind: SpanKind.SERVER }, (span) => {
        response.once("close", () => span.end());
        handler(request, response);
      });
    },
  });
  await server.seed("a.txt", "hello");
  await downloadUrl(server.client, { bucket, key: "a.txt" });
  await expect.poll(() => named("the host")).toBeDefined();
  const request = named("POST");
  expect(request).toMatchObject({ kind: SpanKind.INTERNAL });
  expect(parentOf(request)).toBe(named("the host")?.spanContext().spanId);
  const operation = named("query");
  expect(parentOf(operation)).toBe(request?.spanContext().spanId);
  expect(parentOf(named("S3/HeadObject"))).toBe(operation?.spanContext().spanId);
});
