import type { Logger } from "pino";
import { isLoopbackHost } from "../core/loopback.ts";
import type { MetricsSource } from "../http/metrics-endpoint.ts";
import { createMetricsServer } from "../http/metrics-server.ts";
import type { Config } from "./config/config.ts";
import { listen } from "./listen.ts";

/** `/metrics` on a port of its own. */
export interface MetricsListener {
  /** `http://127.0.0.1:9464/metrics` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on VALETKEY_METRICS_PORT, if it is set.
 * @throws {ConfigError} naming HOST or VALETKEY_METRICS_PORT
 */
export async function listenForMetrics(
  { host, metricsPort, production, nameOf }: Config,
  source: MetricsSource,
  log: Logger,
): Promise<MetricsListener | undefined> {
  if (metricsPort === undefined) return undefined;
  const server = createMetricsServer({ source, checkHost: !production && isLoopbackHost(host), log });
  const url = await listen(server, {
    host,
    port: metricsPort,
    nameOf,
    portVariable: "VALETKEY_METRICS_PORT",
  });
  return { url: `${url}/metrics`, close: () => server.close() };
}
