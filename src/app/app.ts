import { join } from "node:path";
import type { AccessSnapshot } from "../access/access-snapshot.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import type { Metrics } from "../core/metrics.ts";
import { flushSpans } from "../core/tracing.ts";
import type { MetricsSource } from "../http/metrics-endpoint.ts";
import { createHttpServer } from "../http/server.ts";
import { builtPages } from "./built-pages.ts";
import type { Config } from "./config/config.ts";
import { drain } from "./drain.ts";
import { graphqlServiceOf } from "./graphql-service.ts";
import { listen } from "./listen.ts";
import { listenForMetrics, type MetricsListener } from "./metrics-listener.ts";
import { type RuntimeOptions, startRuntime } from "./runtime.ts";
import { storeOrigins } from "./store-origins.ts";

export interface App {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Where `/metrics` is, if it has a port of its own. */
  readonly metricsUrl: string | undefined;
  /** The metrics of this process. */
  readonly registry: Metrics["registry"];
  /**
   * Reads the access file and the manifests of persisted operations again. A file with faults changes nothing.
   * @param access what the primary process has read of the access file; in a worker, which reads no access file itself
   */
  reload(access?: AccessSnapshot): Promise<void>;
  /** Shuts down gracefully. Accepted requests finish; those that still run after the time to drain are aborted. */
  close(reason?: string): Promise<void>;
}

export interface AppOptions extends RuntimeOptions {
  /** The folder with the built web pages, `web/` and `explorer/`. Default: where the build writes them. */
  readonly pages?: string | undefined;
  /** Given if this process is one of several workers. */
  readonly worker?: WorkerOptions | undefined;
}

export interface WorkerOptions {
  /** Default: the port of the configuration. */
  readonly port: number | undefined;
  /** The metrics of all workers. */
  readonly metrics: MetricsSource;
}

/**
 * Starts the server and listens.
 * @throws {ConfigError} when the configuration names something that cannot be used
 */
export async function startApp(given: Config, options: AppOptions = {}): Promise<App> {
  const { pages = builtPages, worker } = options;
  const runtime = await startRuntime(given, options);
  const { config, log, metrics, readiness, developmentIssuer, endpoints } = runtime;
  const service = await graphqlServiceOf(runtime);
  const http = await createHttpServer({
    ...service,
    readiness,
    accessLog: config.accessLog ? { log, callerHash: runtime.callerHash } : undefined,
    metrics:
      config.metrics && config.metricsPort === undefined ? (worker?.metrics ?? metrics.registry) : undefined,
    trustedProxies: config.trustedProxies,
    origins: config.production ? config.origins : [...config.origins, ...sandboxOrigins],
    allowLoopbackOrigins: !config.production,
    checkHost: !config.production && isLoopbackHost(config.host),
    developmentTokens: developmentIssuer,
    webClient: config.webClient
      ? {
          directory: join(pages, "web"),
          storeOrigins: () => storeOrigins(endpoints, runtime.services),
          developmentCallers: developmentIssuer?.callers ?? [],
          defaultBucket: config.store.kind === "embedded" && !config.accessFile ? "demo" : undefined,
        }
      : undefined,
    explorerDirectory: config.production ? undefined : join(pages, "explorer"),
  });
  const end = async (abortMs?: number) => {
    const endsAtMs = performance.now() + (abortMs ?? 0);
    await service.apollo.stop();
    await runtime.close(abortMs);
    await flushSpans(Math.min(maxFlushMs, Math.max(minFlushMs, endsAtMs - performance.now())));
    // At the very end, so that a graceful shutdown can be watched.
    await metricsListener?.close();
  };
  let metricsListener: MetricsListener | undefined;
  let url: string;
  try {
    // The primary process of several workers listens on the port of the metrics.
    if (worker === undefined) metricsListener = await listenForMetrics(config, metrics.registry, log);
    url = await listen(http, { ...config, port: worker?.port ?? config.port });
  } catch (error) {
    await end();
    throw error;
  }
  if (worker !== undefined) log.info("the worker is ready");
  else log.info({ url, metricsUrl: metricsListener?.url, store: config.store.kind }, "Valet Key is ready");
  // Runs in the background, so that the log says whether the server can serve requests.
  void readiness.reasonNotReady();

  return {
    url,
    metricsUrl: metricsListener?.url,
    registry: metrics.registry,
    async reload(access) {
      const keepsAccess = worker !== undefined && access === undefined;
      await Promise.all([
        keepsAccess ? undefined : runtime.reloadAccess(access),
        runtime.reloadPersistedOperations(),
      ]);
    },
    async close(reason) {
      readiness.draining = true;
      log.info({ reason, delaySeconds: config.drainDelaySeconds, seconds: config.drainSeconds }, "draining");
      const leftMs = await drain(http, {
        delaySeconds: config.drainDelaySeconds,
        drainSeconds: config.drainSeconds,
        abortUploads: runtime.abortUploads,
      });
      await end(leftMs);
    },
  };
}

/** How long a shutdown waits for the last spans to be exported, if less time is left and if more is. */
const minFlushMs = 250;
const maxFlushMs = 2000;

/** The origins of Apollo Sandbox, when it is not opened from this server. */
const sandboxOrigins = ["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"];
