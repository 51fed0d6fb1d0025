import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { bundle } from "../../scripts/bundle.mjs";
import { type Closable, startTogether } from "./resources.ts";

const root = resolve(import.meta.dirname, "../..");

type Environment = Readonly<Record<string, string>>;

/** What `npm run build` writes, in a temporary folder. Closing it ends every process that still runs. */
export interface BuiltProgram extends Closable {
  /** The path of cli.js. */
  readonly cliFile: string;
  /** The URL of telemetry.js, for `--import`. */
  readonly telemetryUrl: string;
  /** Starts main.js with these variables and PATH, and no others. */
  start(environment: Environment): RunningProgram;
  /** Runs cli.js to its end. */
  cli(parameters: readonly string[], environment: Environment): Promise<EndedProgram>;
  /** Starts cli.js. */
  spawnCli(
    parameters: readonly string[],
    environment: Environment,
  ): { readonly process: ChildProcess; readonly ended: Promise<EndedProgram> };
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Resolves with the server's URL when the log says that the server is ready. */
  readonly ready: Promise<string>;
  /** The lines of the log so far. */
  readonly lines: readonly LogLine[];
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

/** A line of the log. `metricsUrl` is in the one that says that the server is ready. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly pid: number;
  readonly url?: string;
  readonly metricsUrl?: string;
  readonly [field: string]: unknown;
}

export interface EndedProgram {
  readonly code: number | null;
  readonly stdout: string;
  /** Without Node's warnings. */
  readonly stderr: string;
}

export function buildProgram(): Promise<BuiltProgram> {
  return startTogether(async (started) => {
    // Below node_modules, so that the program finds its packages.
    const cache = join(root, "node_modules/.cache");
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, "valetkey-"));
    started.defer(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    const bundles = join(folder, "dist");
    const entries = ["main", "cli", "telemetry"].map((name) => [name, join(root, `src/${name}.ts`)] as const);
    await bundle(Object.fromEntries(entries), bundles);

    const run = (parameters: readonly string[], environment: Environment) => {
      const child = spawn(process.execPath, parameters, {
        env: { PATH: process.env.PATH, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const exited = once(child, "exit");
      started.defer(async () => {
        child.kill("SIGKILL");
        await exited;
      });
      return { child, exited };
    };
    const spawnCli = (parameters: readonly string[], environment: Environment) => {
      const { child, exited } = run(["--no-warnings", join(bundles, "cli.js"), ...parameters], environment);
      const output = Promise.all([text(child.stdout), text(child.stderr)]);
      const ended = exited.then(async ([code]) => {
        const [stdout, stderr] = await output;
        return { code: code as number | null, stdout, stderr };
      });
      return { process: child, ended };
    };
    return {
      cliFile: join(bundles, "cli.js"),
      telemetryUrl: pathToFileURL(join(bundles, "telemetry.js")).href,
      start: (environment: Environment) => {
        const { child, exited } = run([join(bundles, "main.js")], environment);
        const stderr = text(child.stderr);
        const lines: LogLine[] = [];
        createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
        const ended = exited.then(async ([code, signal]) => ({ code, signal, stderr: await stderr }));
        return { process: child, ready: urlWhenReady(child, ended), lines, ended };
      },
      cli: (parameters, environment) => spawnCli(parameters, environment).ended,
      spawnCli,
    };
  });
}

/** Resolves when the log says that the server is ready, and rejects if the program ends before. */
export function urlWhenReady(
  child: ReturnType<typeof spawn>,
  ended: Promise<{ readonly stderr: string }>,
): Promise<string> {
  const ready = new Promise<string>((resolve, reject) => {
    if (child.stdout === null) throw new Error("The program's output is not a pipe.");
    createInterface(child.stdout).on("line", (line) => {
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
      if (msg === "Valet Key is ready" && url !== undefined) resolve(url);
    });
    ended.then(({ stderr }) => reject(new Error(`The program ended before it was ready: ${stderr}`)), reject);
  });
  // A test that only waits for `ended` does not handle this rejection.
  ready.catch(() => {});
  return ready;
}
