import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { startHttpServer } from "./listening.ts";
import { type Closable, startTogether } from "./resources.ts";

/** A span as the collector has received it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a span without a parent. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "INTERNAL" | "SERVER" | "CLIENT";
  readonly status: "UNSET" | "OK" | "ERROR";
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The attributes of the process that has sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Whether the collector responds with 200, responds with 500, or never responds. */
export type Behaviour = "accept" | "fail" | "stall";

export interface OtlpCollector extends Closable {
  readonly url: string;
  /** The spans so far, in the order in which they have arrived. */
  readonly spans: readonly CollectedSpan[];
  /** The path of each request so far. */
  readonly paths: readonly string[];
  /** Everything so far as text: names, attributes, events and messages. */
  readonly text: () => string;
}

const protocol = readFileSync(join(import.meta.dirname, "otlp-traces.proto"), "utf8");
const exportRequest = protobuf.parse(protocol).root.lookupType("ExportTraceServiceRequest");

interface KeyValue {
  readonly key: string;
  readonly value?: Readonly<Record<string, unknown>>;
}

/** Stands in for an OpenTelemetry collector that receives spans by OTLP over HTTP, as protobuf. */
export function startOtlpCollector(behaviour: Behaviour = "accept"): Promise<OtlpCollector> {
  return startTogether(async (started) => {
    const spans: CollectedSpan[] = [];
    const paths: string[] = [];
    const bodies: string[] = [];
    const server = await started.use(
      startHttpServer(async (request, response) => {
        paths.push(request.url ?? "");
        const sent = await buffer(request);
        const body = decode(request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent);
        bodies.push(JSON.stringify(body));
        if (behaviour === "stall") return;
        if (behaviour === "accept") spans.push(...spansOf(body));
        response.statusCode = behaviour === "accept" ? 200 : 500;
        response.end();
      }),
    );
    return { url: server.url, spans, paths, text: () => bodies.join("\n") };
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is that of the .proto file
function decode(bytes: Uint8Array): any {
  return exportRequest.toObject(exportRequest.decode(bytes), { enums: String, longs: Number, arrays: true });
}

function* spansOf(body: ReturnType<typeof decode>): Generator<CollectedSpan> {
  for (const { resource, scopeSpans } of body.resourceSpans) {
    for (const { spans } of scopeSpans) {
      for (const span of spans) {
        yield {
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentSpanId: hex(span.parentSpanId),
          name: span.name,
          kind: span.kind.replace("SPAN_KIND_", ""),
          status: (span.status?.code ?? "STATUS_CODE_UNSET").replace("STATUS_CODE_", ""),
          attributes: toRecord(span.attributes),
          resource: toRecord(resource.attributes),
        };
      }
    }
  }
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

function toRecord(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value ?? {})[0]]));
}

/** The names of spans, each with those of its children. */
export interface SpanTree {
  readonly [name: string]: SpanTree;
}

/**
 * The spans below one parent as nested names: `{ "POST /graphql": { query: { "S3/HeadObject": {} } } }`. Spans of the same
 * name get a number. An `error.type` stands after `!` if the span's status is ERROR, and otherwise after `?`.
 */
export function treeOf(spans: readonly CollectedSpan[], parentSpanId: string): SpanTree {
  const tree: Record<string, SpanTree> = {};
  for (const span of spans.filter((each) => each.parentSpanId === parentSpanId)) {
    const { "error.type": error } = span.attributes;
    const failure = error === undefined ? "" : ` ${span.status === "ERROR" ? "!" : "?"}${error}`;
    const name = `${span.name}${failure}`;
    const same = Object.keys(tree).filter((each) => each.replace(/ #\d+$/, "") === name).length;
    tree[same === 0 ? name : `${name} #${same + 1}`] = treeOf(spans, span.spanId);
  }
  return tree;
}
