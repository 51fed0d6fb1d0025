import { z } from "zod";
import {
  environmentName,
  integer,
  list,
  listed,
  onOff,
  port,
  rateLimit,
  redisUrl,
  workerCount,
} from "../value-parsers.ts";
import { variable } from "../variable.ts";

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** How the server runs: its limits, its end, and what it reports. */
export const operationVariables = {
  NODE_ENV: variable(
    environmentName.optional(),
    "none",
    "`production` requires a role, and turns off Apollo Sandbox, GraphiQL and introspection.",
  ),
  LOG_LEVEL: variable(
    z.enum(logLevels, { error: `takes ${logLevels.join(" or ")}` }).default("info"),
    "`info`",
    "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.",
  ),
  VALETKEY_ACCESS_LOG: variable(
    onOff.default(false),
    "`off`",
    "`on` writes a line for each request to the log, with its path, status, bytes, duration, address and a hash of the caller. [The access log](#the-access-log) shows one.",
  ),
  VALETKEY_RATE_LIMIT: variable(
    rateLimit.optional(),
    "none",
    "`100/1s` allows 100 GraphQL requests per second and caller. Callers without a valid token are counted by address.",
  ),
  VALETKEY_PERSISTED_OPERATIONS: variable(
    list(listed).optional(),
    "none",
    "A manifest in Apollo's format, or several, separated by commas. Only their operations are executed. `@valetkey/client` stands for the operations of the client package and of the web client. The files are read again on SIGHUP. [Persisted operations](guides/persisted-operations.md) explains it.",
  ),
  VALETKEY_PREPARED: variable(
    onOff.default(true),
    "`on`",
    "`off` executes every request with Apollo's whole pipeline, also one with a document that has passed it before: [decision 41](decisions/0041-prepared-operations.md).",
  ),
  VALETKEY_WORKERS: variable(
    workerCount(256).default(1),
    "`1`",
    "How many processes serve requests on one port; `auto` is one for each core. [Use several cores](guides/workers.md) says what they share.",
  ),
  VALETKEY_DRAIN_DELAY_SECONDS: variable(
    integer(0, 600).default(0),
    "`0`",
    "How long everything is still served after SIGTERM while `/readyz` is 503, until load balancers have noticed. The time of `VALETKEY_DRAIN_SECONDS` begins after it. [Behind a proxy](guides/behind-a-proxy.md#restarts) says which value to choose.",
  ),
  VALETKEY_DRAIN_SECONDS: variable(
    integer(0, 3600).default(25),
    "`25`",
    "How long accepted requests may take after SIGTERM and the delay.",
  ),
  VALETKEY_METRICS: variable(onOff.default(true), "`on`", "`off` removes `/metrics`."),
  VALETKEY_METRICS_PORT: variable(
    port.optional(),
    "that of the server",
    "Moves `/metrics` to a port of its own on `HOST`, which also responds while the server shuts down. `0` takes any free one, and the log names it.",
  ),
  VALETKEY_REDIS_URL: variable(
    redisUrl.optional(),
    "none",
    "The Redis or Valkey server in which replicas share role sessions, counters of the rate limit and what they know of uploads: `redis://user:password@host:6379/0`, with `rediss` for TLS. [Several replicas](guides/replicas.md) describes it, with Sentinel and Cluster.",
  ),
};
