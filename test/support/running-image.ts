import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { urlWhenReady } from "./built-program.ts";
import { buildImageTree, type ImageTree, isRoot } from "./image-tree.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The files of the image, and its programs. No container engine is needed: the files are in a read-only folder, and programs
 * run with the image's user (if the test may change users) and environment, with nothing but node on PATH.
 */
export interface RunnableImage extends Closable, ImageTree {
  /** Starts the image's command. Closing it ends the process. */
  start(env: Environment): ReturnType<typeof start>;
  /** Runs a program to its end. Rejects if it does not exit with 0. */
  run(command: readonly string[], env?: Environment): Promise<{ readonly stdout: string }>;
}

interface SpawnOptions {
  readonly cwd: string;
  readonly env: Record<string, string | undefined>;
  readonly uid?: number;
  readonly gid?: number;
}

export function buildRunnableImage(): Promise<RunnableImage> {
  return startTogether(async (started) => {
    const image = await started.use(buildImageTree());
    const path = await started.use(makeTemporaryFolder("path"));
    await chmod(path.path, 0o755);
    // A copy, because a link might lead into a folder that the image's user may not enter.
    await copyFile(process.execPath, join(path.path, "node"));
    const options = (env: Environment): SpawnOptions => ({
      cwd: image.directory,
      env: { PATH: path.path, ...image.env, ...env },
      ...(isRoot ? image.user : {}),
    });
    return {
      ...image,
      start: (env: Environment) => start(image.command, options(env)),
      run: ([program = "", ...parameters]: readonly string[], env: Environment = {}) =>
        promisify(execFile)(program, parameters, options(env)),
    };
  });
}

function start([program = "", ...parameters]: readonly string[], options: SpawnOptions) {
  return startTogether(async (started) => {
    const child = spawn(program, parameters, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const exited = once(child, "exit");
    started.defer(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const stderr = text(child.stderr);
    const ended = exited.then(async ([code]) => ({ code: code as number | null, stderr: await stderr }));
    const url = await urlWhenReady(child, ended);
    return { url, process: child, ended };
  });
}
