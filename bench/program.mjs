import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { onServerProcessor } from "./processors.mjs";

/** The same for every program: nothing of this machine's AWS settings, and production where it matters. */
const commonEnvironment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_ENV: "production",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

/** Without it, V8 forgets what it has compiled for a server that waits for some seconds while others are measured. */
const keepCompiledCode = "--no-flush-bytecode";

/**
 * Starts a Node program on the server's processor. What it logs to stdout is dropped, as it writes it.
 * @param {string[]} argv of node
 * @param {Record<string, string>} env
 * @param {{ cwd?: string, output?: "ignore" | "pipe", anyProcessor?: boolean }} options anyProcessor: of those that
 * the benchmark itself may use, for several servers at once
 */
export function startProgram(argv, env, { cwd, output = "ignore", anyProcessor = false } = {}) {
  const program = [process.execPath, keepCompiledCode, ...argv];
  const [command, ...rest] = anyProcessor ? program : onServerProcessor(program);
  const child = spawn(command, rest, {
    cwd,
    env: { ...commonEnvironment, ...env },
    stdio: ["ignore", output, "inherit"],
  });
  return {
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const ended = once(child, "exit");
      const kill = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(kill);
    },
  };
}

/**
 * Starts a server and waits until `path` responds with 200.
 * @param {string[]} argv of node
 * @param {(port: number) => Record<string, string>} env
 * @returns {Promise<{ origin: string, pid: number, readyAfterMs: number, stop(): Promise<void> }>}
 */
export async function startServer(argv, env, { path = "/", cwd, anyProcessor } = {}) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const { child, stop } = startProgram(argv, env(port), { cwd, anyProcessor });
  while (!(await isReady(`${origin}${path}`))) {
    if (child.exitCode !== null) throw new Error(`${argv.join(" ")} ended with ${child.exitCode}.`);
    if (performance.now() - startedAt > 60_000) {
      await stop();
      throw new Error(`${argv.join(" ")} was not ready within a minute.`);
    }
    await sleep(2);
  }
  return { origin, pid: child.pid, readyAfterMs: performance.now() - startedAt, stop };
}

async function isReady(url) {
  try {
    const { statusCode, body } = await request(url, { reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
