import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAccounts } from "./accounts.ts";
import { type ClusterPorts, cephConfiguration, clusterId, osdId } from "./configuration.ts";
import { Daemon } from "./daemon.ts";
import { installCephPackages } from "./packages.ts";

const run = promisify(execFile);
const configurationName = "ceph.conf";

export interface CephCluster {
  /** S3, STS and IAM all answer here. */
  readonly endpoint: string;
  /** The path of its ceph.conf. */
  readonly configurationFile: string;
  /** Ends the daemons and deletes what they kept. */
  stop(): Promise<void>;
}

/**
 * A whole Ceph on loopback, from Debian's packages, in about two seconds: a real S3 and STS that nobody
 * wrote to please the code under test. Its accounts and role are made, its buckets are not.
 * @throws {Error} with the ends of the daemons' logs
 */
export async function startCephCluster(
  /** What the role may use. */
  rolesBuckets: readonly string[],
  log: (line: string) => void,
): Promise<CephCluster> {
  await installCephPackages(log);
  const directory = await mkdtemp(join(tmpdir(), "valetkey-ceph-"));
  const daemons: Daemon[] = [];
  const stop = async () => {
    for (const daemon of daemons.toReversed()) await daemon.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const ports = { monitor: await freePort(), gateway: await freePort() };
    await bringUp(directory, ports, daemons, rolesBuckets);
    return {
      endpoint: `http://127.0.0.1:${ports.gateway}`,
      configurationFile: join(directory, configurationName),
      stop,
    };
  } catch (error) {
    const logs = await endsOfLogs(directory);
    await stop();
    throw new Error(`Ceph did not start.\n${logs}`, { cause: error });
  }
}

async function bringUp(
  directory: string,
  ports: ClusterPorts,
  daemons: Daemon[],
  rolesBuckets: readonly string[],
): Promise<void> {
  const configurationFile = join(directory, configurationName);
  await writeFile(configurationFile, cephConfiguration(directory, ports));
  for (const name of ["monitor", "osd", "gateway"]) await mkdir(join(directory, name));
  const ceph = (program: string, ...rest: string[]) =>
    run(program, ["-c", configurationFile, ...rest], { timeout: 60_000 });
  const start = (name: string, program: string, ...rest: string[]) => {
    const command = [program, "-c", configurationFile, ...rest, "-f"] as const;
    const daemon = new Daemon(name, command, join(directory, `${name}.out`));
    daemons.push(daemon);
    return daemon;
  };

  const monitorMap = join(directory, "monmap");
  const monitorAddress = `[v2:127.0.0.1:${ports.monitor}]`;
  await run("monmaptool", ["--create", "--fsid", clusterId, "--addv", "a", monitorAddress, monitorMap]);
  await ceph("ceph-mon", "-i", "a", "--mkfs", "--monmap", monitorMap);
  await start("monitor", "ceph-mon", "-i", "a").until(() => accepts(ports.monitor), 30);

  await ceph("ceph", "osd", "new", osdId, "0");
  await ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osdId);
  await start("osd", "ceph-osd", "-i", "0").until(async () => {
    const { stdout } = await ceph("ceph", "osd", "stat", "--format=json");
    return /"num_up_osds":1\b/.test(stdout);
  }, 60);

  await start("gateway", "radosgw", "-n", "client.gateway").until(() => accepts(ports.gateway), 90);
  await createAccounts(
    (...commandLine) => ceph("radosgw-admin", "-n", "client.gateway", ...commandLine),
    rolesBuckets,
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}

async function endsOfLogs(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.(log|out)$/.test(name));
  const ends = names.map(async (name) => {
    const text = await readFile(join(directory, name), "utf8");
    return `${name}:\n${text.split("\n").slice(-6).join("\n")}`;
  });
  return (await Promise.all(ends)).join("\n");
}
