import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { Durations } from "./durations.ts";
import { registerProcessMetrics } from "./process-metrics.ts";

interface CountsOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly registers: Registry[];
}

/**
 * A counter with one label, for what happens up to 1,000 times in a request. A Counter of prom-client checks and hashes
 * its labels at each increment. Here they are added up first, and it gets the sums when it is read.
 */
class CountsByLabel {
  readonly #counts = new Map<string, number>();

  constructor({ name, help, label, registers }: CountsOptions) {
    const counts = this.#counts;
    const collect = function collect(this: Counter): void {
      for (const [value, count] of counts) this.inc({ [label]: value }, count);
      counts.clear();
    };
    new Counter({ name, help, labelNames: [label], registers, collect });
  }

  increment(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }
}

/** Every metric of the process. No label has keys, principals or other unbounded sets as its values. */
export type Metrics = ReturnType<typeof createMetrics>;

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerProcessMetrics(registry);
  const registers = [registry];
  return {
    registry,
    assumeRole: new Counter({
      name: "valetkey_assume_role_total",
      help: "AssumeRole calls by outcome: ok, refused, throttled, timeout, error.",
      labelNames: ["outcome"],
      registers,
    }),
    assumeRoleDuration: new Histogram({
      name: "valetkey_assume_role_duration_seconds",
      help: "AssumeRole calls, retries included, by outcome: ok, refused, throttled, timeout, error.",
      labelNames: ["outcome"],
      buckets: secondsBuckets,
      registers,
    }),
    credentialsIssued: new Counter({
      name: "valetkey_credentials_issued_total",
      help: "Temporary credentials issued to clients, by access: read, or write if they allow UPLOAD or DELETE.",
      labelNames: ["access"],
      registers,
    }),
    roleSessions: new Gauge({
      name: "valetkey_role_sessions",
      help: "Role sessions live in memory.",
      registers,
    }),
    sharedSessionsFound: new Counter({
      name: "valetkey_shared_sessions_found_total",
      help: "Role sessions of other replicas that were found in Redis. They cost no AssumeRole.",
      registers,
    }),
    presignedUrls: new CountsByLabel({
      name: "valetkey_presigned_urls_total",
      help: "URLs and POST policies signed, by operation: get, put, post, part.",
      label: "operation",
      registers,
    }),
    s3RequestDuration: new Histogram({
      name: "valetkey_s3_request_duration_seconds",
      help: "Calls to S3, retries included, by operation and outcome (ok, client_error, server_error, unreachable).",
      labelNames: ["operation", "outcome"],
      buckets: secondsBuckets,
      registers,
    }),
    uploadBytes: new Counter({
      name: "valetkey_upload_bytes_total",
      help: "Bytes of files that came through uploadFile.",
      registers,
    }),
    uploadThrottled: new Counter({
      name: "valetkey_upload_throttled_seconds_total",
      help: "Seconds for which uploads waited because of VALETKEY_UPLOAD_BYTES_PER_SECOND.",
      registers,
    }),
    uploadsInFlight: new Gauge({
      name: "valetkey_uploads_in_flight",
      help: "Files that are being sent through uploadFile now.",
      registers,
    }),
    shedRequests: new Counter({
      name: "valetkey_shed_requests_total",
      help: "GraphQL requests that were refused with OVERLOADED, by reason: event_loop, caller_operations, process_operations, unread_responses, unfinished_bodies, other.",
      labelNames: ["reason"],
      registers,
    }),
    graphqlRequestDuration: new Durations({
      name: "valetkey_graphql_request_duration_seconds",
      help: "GraphQL requests by operation type (query, mutation, invalid) and outcome (ok, error).",
      labelNames: ["operation_type", "outcome"],
      buckets: secondsBuckets,
      registers,
    }),
  };
}
