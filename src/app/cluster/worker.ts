import type { Logger } from "pino";
import { Registry } from "prom-client";
import { type App, startApp } from "../app.ts";
import type { Config } from "../config/config.ts";
import { createLog } from "../log.ts";
import { Calls, type Channel, type Procedures } from "./calls.ts";
import type { PrimaryProcedures, WorkerProcedures } from "./procedures.ts";

/**
 * Runs this process as a worker: waits for the primary process to say how to start, and does what it says. If the primary
 * process ends, Node ends this process too.
 */
export function runWorker(config: Config): void {
  let app: App | undefined;
  let stopping: Promise<void> | undefined;
  let log: Logger | undefined;
  const stop = (reason: string): Promise<void> => {
    stopping ??= end(app, reason, log);
    return stopping;
  };
  const procedures: WorkerProcedures = {
    async start({ number, shared, port }) {
      log = createLog(config, undefined).child({ worker: number });
      const worker = { port, metrics: metricsOfAll };
      app = await startApp(config, { log, shared, worker });
      return { url: app.url };
    },
    reload: (access) => app?.reload(access),
    report: async () => (await app?.registry.getMetricsAsJSON()) ?? [],
    stop: (reason) => void stop(reason),
  };
  const primary = new Calls<PrimaryProcedures>(process as Channel, procedures as Procedures);
  const metricsOfAll = {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    metrics: () => primary.call("metrics", undefined),
  };
  const onSignal = (signal: NodeJS.Signals) => {
    // A terminal sends each signal to the primary process and to all workers. A second one ends the process at once.
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
    void stop(signal);
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  // The primary process reads the access file, for all workers.
  process.on("SIGHUP", () => {});
  void primary.call("listening", undefined);
}

async function end(app: App | undefined, reason: string, log: Logger | undefined): Promise<void> {
  try {
    await app?.close(reason);
    process.exit(0);
  } catch (err) {
    log?.error({ err }, "the worker could not shut down");
    process.exit(1);
  }
}
