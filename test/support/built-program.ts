import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { bundle } from "../../scripts/bundle.mjs";

const root = resolve(import.meta.dirname, "../..");

/** What `npm run build` would write, in a place of its own. */
export interface BuiltProgram extends AsyncDisposable {
  /** Runs main.js with these variables and no other but PATH. */
  start(environment: Readonly<Record<string, string>>): RunningProgram;
  /** Runs cli.js to its end. */
  cli(parameters: readonly string[], environment: Readonly<Record<string, string>>): Promise<EndedProgram>;
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Resolves with the server's URL when it says that it is ready. */
  readonly ready: Promise<string>;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

export interface EndedProgram {
  readonly code: number | null;
  readonly stdout: string;
  /** Without Node's warnings. */
  readonly stderr: string;
}

export async function buildProgram(): Promise<BuiltProgram> {
  // Below node_modules, so that the program finds its packages.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, "valetkey-"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  const bundles = join(directory, "dist");
  await bundle({ main: join(root, "src/main.ts"), cli: join(root, "src/cli.ts") }, bundles);
  return {
    start: (environment) => run(join(bundles, "main.js"), environment),
    cli: (parameters, environment) => runCli([join(bundles, "cli.js"), ...parameters], environment),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function run(main: string, environment: Readonly<Record<string, string>>): RunningProgram {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stderr = text(child.stderr);
  const ended = once(child, "exit").then(async ([code, signal]) => ({ code, signal, stderr: await stderr }));
  const ready = new Promise<string>((found, failed) => {
    createInterface(child.stdout).on("line", (line) => {
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
      if (msg === "Valet Key is ready" && url !== undefined) found(url);
    });
    ended.then(({ stderr: why }) => failed(new Error(`It ended before it was ready: ${why}`)), failed);
  });
  // Who only waits for the end does not wait for this.
  ready.catch(() => {});
  return { process: child, ready, ended };
}

async function runCli(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<EndedProgram> {
  const child = spawn(process.execPath, ["--no-warnings", ...parameters], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "exit");
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}
