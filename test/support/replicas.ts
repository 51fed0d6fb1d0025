import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type BuiltProgram, buildProgram, type LogLine, type RunningProgram } from "./built-program.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { codeBlocks } from "./markdown.ts";
import { startNginx } from "./nginx.ts";
import { freePort } from "./ports.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";
import type { StoreDescription } from "./store-description.ts";
import { type GrantRule, prepareTestServer, type ReachableStore } from "./test-server.ts";

const proxyGuide = resolve(import.meta.dirname, "../../docs/guides/behind-a-proxy.md");

/** One process of the built server. */
export interface Replica {
  /** Stays the same when it is started again. */
  readonly url: string;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it in this way, and waits for the end. Returns its exit code. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** The value of a metric, summed over its labels. */
  metric(name: string): Promise<number>;
  /** The lines of the log since it was started. */
  readonly lines: readonly LogLine[];
}

export interface PreparedReplicas extends Closable, ReachableStore {
  readonly issuer: Issuer;
  /** Replaces the rules of the access file that all replicas have, without telling them. */
  writeGrants(grants: readonly GrantRule[]): Promise<void>;
  /** Starts a replica, and resolves when it is ready. */
  startReplica(env?: Readonly<Record<string, string>>): Promise<Replica>;
}

export interface Replicas extends Omit<PreparedReplicas, "startReplica"> {
  readonly replicas: readonly [Replica, Replica, Replica];
  /** nginx in front of all of them, with the configuration of the guide. */
  readonly proxyUrl: string;
}

export interface ReplicasOptions {
  /** Default: an embedded store of its own. */
  readonly store?: StoreDescription | undefined;
  readonly grants: readonly GrantRule[];
  readonly redisUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts three replicas of the built server behind nginx. */
export function startReplicas(options: ReplicasOptions): Promise<Replicas> {
  return startTogether(async (started) => {
    const { startReplica, ...prepared } = await started.use(prepareReplicas(options));
    const replicas = await Promise.all([startReplica(), startReplica(), startReplica()]);
    const nginx = await started.use(
      startNginx(configurationFor(replicas.map(({ url }) => new URL(url).host))),
    );
    return { ...prepared, replicas, proxyUrl: nginx.url };
  });
}

/** Starts everything that replicas of the built server need, but no replica. */
export function prepareReplicas({
  store,
  grants,
  redisUrl,
  env,
}: ReplicasOptions): Promise<PreparedReplicas> {
  return startTogether(async (started) => {
    const issuer = await started.use(startIssuer());
    const prepared = await started.use(prepareTestServer({ store, issuer }));
    const folder = await started.use(makeTemporaryFolder("replicas"));
    const accessFile = join(folder.path, "access.json");
    const writeGrants = (rules: readonly GrantRule[]) =>
      writeFile(accessFile, JSON.stringify({ grants: rules }));
    await writeGrants(grants);
    const program = await started.use(buildProgram());
    const environment = {
      ...prepared.env,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      LOG_LEVEL: "info",
      VALETKEY_GRANTS: accessFile,
      VALETKEY_REDIS_URL: redisUrl,
      VALETKEY_TRUST_PROXY: "127.0.0.1",
      VALETKEY_DRAIN_DELAY_SECONDS: "1",
      ...env,
    };
    const startReplica = async (more: Readonly<Record<string, string>> = {}) => {
      const replica = replicaOf(program, { ...environment, ...more, PORT: String(await freePort()) });
      await replica.start();
      return replica;
    };
    const { store: description, storeUrl, admin, seed } = prepared;
    const reachable = { store: description, storeUrl, admin, seed };
    return { ...reachable, issuer, writeGrants, startReplica };
  });
}

function replicaOf(program: BuiltProgram, env: Readonly<Record<string, string>> & { PORT: string }): Replica {
  const url = `http://127.0.0.1:${env.PORT}`;
  let running: RunningProgram | undefined;
  return {
    url,
    get lines() {
      return running?.lines ?? [];
    },
    async start() {
      running = program.start(env);
      await running.ready;
    },
    signal: (signal) => void running?.process.kill(signal),
    async end(signal) {
      running?.process.kill(signal);
      return (await running?.ended)?.code ?? null;
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text
        .split("\n")
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
  };
}

/** The configuration of the guide, with these servers. */
function configurationFor(hosts: readonly string[]): string {
  const [block = ""] = codeBlocks("nginx", readFileSync(proxyGuide, "utf8"));
  const servers = hosts.map((host) => `server ${host} fail_timeout=1s;`).join("\n");
  return block
    .replace("server 10.0.1.10:4000 fail_timeout=1s;", servers)
    .replace("server 10.0.1.11:4000 fail_timeout=1s;", "");
}
