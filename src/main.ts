#!/usr/bin/env node
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { startApp } from "./app/app.ts";
import { type Cluster, startCluster, workerArgument } from "./app/cluster/primary.ts";
import { runWorker } from "./app/cluster/worker.ts";
import { loadConfig } from "./app/config/config.ts";
import { ConfigError } from "./app/config/config-error.ts";
import { ensureHomeDirectory } from "./app/home-directory.ts";

/** Starts the server that the environment describes, and stops it on the first SIGTERM or SIGINT. */
async function main(): Promise<void> {
  ensureHomeDirectory(process.env);
  const config = loadConfig(process.env);
  if (cluster.isWorker && process.argv.includes(workerArgument)) {
    runWorker(config);
    return;
  }
  const app = config.workers > 1 ? await start(config) : await startApp(config);
  process.on("SIGHUP", () => void app.reload());
  const stop = (signal: NodeJS.Signals) => {
    // A second signal ends the process at once, which is Node's default.
    process.off("SIGTERM", stop).off("SIGINT", stop);
    app.close(signal).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
}

async function start(config: ReturnType<typeof loadConfig>): Promise<Cluster> {
  const started = await startCluster(config, fileURLToPath(import.meta.url));
  started.failed.catch(fail);
  return started;
}

function fail(error: unknown): never {
  // An error of the configuration is printed without a stack, because the message says what to change.
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String((error as Error).stack ?? error)}\n`,
  );
  process.exit(1);
}

main().catch(fail);
