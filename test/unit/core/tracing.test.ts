import { trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { afterEach, describe, expect, test } from "vitest";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { activeSpan, flushSpans, inSpan, spanFields } from "../../../src/core/tracing.ts";

afterEach(() => trace.disable());

function record(more: Partial<SpanProcessor> = {}) {
  const exporter = new InMemorySpanExporter();
  const processor = Object.assign(new SimpleSpanProcessor(exporter), more);
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  return exporter;
}

describe("without a provider", () => {
  test("work runs, and no span is active", async () => {
    const seen = await inSpan("work", {}, async () => activeSpan());
    expect(seen).toBeUndefined();
    expect(spanFields(seen)).toEqual({});
  });

  test("flushing does nothing", async () => {
    await expect(flushSpans(1)).resolves.toBeUndefined();
  });
});

test("the fields of the log name the active span while it is recorded", async () => {
  const exporter = record();
  const fields = await inSpan("work", {}, async () => spanFields(activeSpan()));
  const [span] = exporter.getFinishedSpans();
  expect(fields).toEqual({
    trace_id: span?.spanContext().traceId,
    span_id: span?.spanContext().spanId,
  });
});

test.each([
  ["an error of the request", new ValetKeyError("FORBIDDEN", "no"), "FORBIDDEN", 0],
  ["a failure of a service", new ValetKeyError("STORAGE_UNAVAILABLE", "no"), "STORAGE_UNAVAILABLE", 2],
  ["an unexpected error", new TypeError("with a secret"), "INTERNAL_SERVER_ERROR", 2],
])("%s has its code and status, but not its message", async (_case, error, type, code) => {
  const exporter = record();
  await expect(inSpan("work", {}, () => Promise.reject(error))).rejects.toBe(error);
  const [span] = exporter.getFinishedSpans();
  expect(span?.attributes).toEqual({ "error.type": type });
  expect(span?.status).toEqual({ code });
  expect(span?.events).toEqual([]);
});

test("a code of a store that could contain anything is replaced", async () => {
  const exporter = record();
  const describeError = () => ({ type: "https://bucket/key?X-Amz-Signature=1", isFault: true });
  await expect(inSpan("call", { describeError }, () => Promise.reject(new Error()))).rejects.toThrow();
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({ "error.type": "_OTHER" });
});

test("flushing ends after its time, even if the exporter never does, and does not throw", async () => {
  record({ forceFlush: () => new Promise<void>(() => {}) });
  await expect(flushSpans(10)).resolves.toBeUndefined();
  trace.disable();
  record({ forceFlush: () => Promise.reject(new Error("the collector is down")) });
  await expect(flushSpans(60_000)).resolves.toBeUndefined();
});
