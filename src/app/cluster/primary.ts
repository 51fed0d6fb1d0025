import cluster from "node:cluster";
import type { Logger } from "pino";
import { AccessFileError } from "../../access/access-file.ts";
import { readAccessSnapshot } from "../../access/access-snapshot.ts";
import { createDevelopmentKey } from "../../access/development-issuer.ts";
import type { App } from "../app.ts";
import type { Config } from "../config/config.ts";
import { accessFileOptions, readInitialAccess } from "../initial-access.ts";
import { createLog } from "../log.ts";
import { listenForMetrics, type MetricsListener } from "../metrics-listener.ts";
import { ReloadSignal } from "../reload-signal.ts";
import { openSharedMemory } from "../shared-memory.ts";
import type { SharedState } from "../shared-state.ts";
import { startEmbeddedStore } from "../store-connection.ts";
import { ClusterMetrics } from "./cluster-metrics.ts";
import { WorkerPool } from "./worker-pool.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Several processes that serve one port. */
export interface Cluster extends Pick<App, "url"> {
  reload(): Promise<void>;
  /** Shuts all workers down gracefully. Rejects when one of them did not end as it should. */
  close(reason?: string): Promise<void>;
  /** Rejects when no worker serves requests and none can be started. */
  readonly failed: Promise<never>;
}

/** The argument by which a process knows that it is a worker. */
export const workerArgument = "--worker";
/** What a worker may take to end beyond the times for draining. Aborting uploads takes up to 5 s of it. */
const extraSeconds = 15;

/**
 * Starts the workers and everything that they share. This process serves no requests itself.
 * @param program the file that the workers run
 * @throws {ConfigError} when the configuration names something that cannot be used
 */
export async function startCluster(given: Config, program: string): Promise<Cluster> {
  const log = createLog(given, undefined);
  for (const warning of given.warnings) log.warn(warning);
  const { config } = await readInitialAccess(given, log);
  for (const line of separateStates(config)) log.info(line);
  const { store } = config;
  const embedded = store.kind === "embedded" ? await startEmbeddedStore(store, config, log) : undefined;
  let shared: SharedState = {
    access: await readAccess(config),
    embeddedStore: embedded?.access,
    developmentKey: config.developmentTokens ? await createDevelopmentKey() : undefined,
  };

  cluster.setupPrimary({ exec: program, args: [workerArgument], serialization: "advanced" });
  const metrics: ClusterMetrics = new ClusterMetrics(() => pool.serving);
  const pool = new WorkerPool({
    size: config.workers,
    fork: () => new WorkerProcess({ metrics: () => metrics.metrics() }),
    shared: () => shared,
    metrics,
    log,
  });
  const reload = async () => {
    const snapshot = await readAgain(config, log);
    if (snapshot !== undefined) shared = { ...shared, access: snapshot };
    await pool.reload(snapshot);
    return snapshot !== undefined;
  };
  let metricsListener: MetricsListener | undefined;
  let replicas: Replicas | undefined;
  const end = async () => {
    replicas?.close();
    await embedded?.close();
    await metricsListener?.close();
  };
  let url: string;
  try {
    metricsListener = await listenForMetrics(config, metrics, log);
    replicas = await connectToReplicas(config, metrics, reload, log);
    url = await pool.start();
  } catch (error) {
    await pool.kill();
    await end();
    throw error;
  }
  const { workers } = config;
  log.info({ url, metricsUrl: metricsListener?.url, store: store.kind, workers }, "Valet Key is ready");

  return {
    url,
    failed: pool.failed,
    async reload() {
      if (await reload()) await replicas?.announce();
    },
    async close(reason = "") {
      const { drainDelaySeconds, drainSeconds } = config;
      log.info({ reason }, "draining");
      const ends = await pool.stop(reason, (drainDelaySeconds + drainSeconds + extraSeconds) * 1000);
      await end();
      const failed = ends.filter(({ code }) => code !== 0);
      if (failed.length > 0) throw new Error(`${failed.length} workers did not shut down as they should.`);
    },
  };
}

/** What each worker has on its own, unless a Redis is shared, and an operator may not expect. */
function separateStates({ workers, redis, rateLimit, nameOf }: Config): readonly string[] {
  if (redis !== undefined) return [];
  const sessions = `each of the ${workers} workers has role sessions of its own`;
  const requests = `each of the ${workers} workers counts requests on its own: a caller may send up to ${workers} times ${nameOf("VALETKEY_RATE_LIMIT")}`;
  return rateLimit === undefined ? [sessions] : [sessions, requests];
}

async function readAccess(config: Config) {
  if (config.accessFile === undefined) return undefined;
  return (await readAccessSnapshot(config.accessFile, accessFileOptions(config))).snapshot;
}

interface Replicas {
  /** Tells other replicas to read their access files again. */
  announce(): Promise<void>;
  close(): void;
}

/**
 * Reads the access file again, for all workers, when another replica says so.
 * @throws {ConfigError} if the settings of Redis cannot be used
 */
async function connectToReplicas(
  config: Config,
  metrics: ClusterMetrics,
  reload: () => Promise<boolean>,
  log: Logger,
): Promise<Replicas | undefined> {
  const { redis: address, accessFile } = config;
  if (address === undefined || accessFile === undefined) return undefined;
  const redis = await openSharedMemory(config, metrics, log);
  const signal = new ReloadSignal({ memory: redis.memory, accessFile, reload, log });
  return {
    announce: () => signal.announce(),
    close() {
      signal.close();
      redis.close();
    },
  };
}

/** Returns undefined for a file with faults, which changes nothing. */
async function readAgain({ accessFile, ...config }: Config, log: Logger) {
  if (accessFile === undefined) return undefined;
  try {
    const { file, snapshot } = await readAccessSnapshot(
      accessFile,
      accessFileOptions({ ...config, accessFile }),
    );
    for (const warning of file.warnings) log.warn(warning);
    return snapshot;
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    log.error({ err: error }, "the access file has faults: the current grants stay in force");
    return undefined;
  }
}
