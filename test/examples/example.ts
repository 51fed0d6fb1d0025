import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { inject } from "vitest";

const folder = inject("examplesFolder");
const environment = { ...process.env, NO_COLOR: "1", NEXT_TELEMETRY_DISABLED: "1" };

/** Runs a program of the installed packages in a folder of the examples. Rejects with its output if it fails. */
export async function runInstalled(name: string, parameters: readonly string[], cwd = "."): Promise<void> {
  const program = join(folder, "node_modules/.bin", name);
  try {
    await promisify(execFile)(program, parameters, { cwd: join(folder, cwd), env: environment });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${name} has failed in ${cwd}:\n${stdout}${stderr}`, { cause: error });
  }
}

export interface RunningExample extends AsyncDisposable {
  /** The address that the example has printed. */
  readonly url: URL;
  /** Sends SIGTERM, and resolves with the exit code when the process has ended. */
  stop(): Promise<number | null>;
}

/** Starts an example that has been compiled, on a free port. */
export async function startExample(name: string, parameters: readonly string[]): Promise<RunningExample> {
  const child = spawn(process.execPath, parameters, {
    cwd: join(folder, name),
    env: { ...environment, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[code: number | null]>;
  const errors = text(child.stderr);
  let output = "";
  const url = await new Promise<URL>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      const [, found] = /(?:^|Local:\s+)(http:\/\/127\.0\.0\.1:\d+\S*)\s/m.exec(output) ?? [];
      if (found !== undefined) resolve(new URL(found));
    });
    void exited.then(async () => reject(new Error(`${name} has ended:\n${output}${await errors}`)));
  });
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    url,
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}
