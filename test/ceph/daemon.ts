import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** A program of the cluster that runs in the foreground as our child. */
export class Daemon {
  readonly #name: string;
  readonly #child: ChildProcess;

  constructor(name: string, command: readonly [string, ...string[]], outputFile: string) {
    this.#name = name;
    const output = openSync(outputFile, "a");
    // With setpriv the kernel ends the daemon when we die, however we die.
    this.#child = spawn("setpriv", ["--pdeathsig", "TERM", ...command], {
      stdio: ["ignore", output, output],
    });
    closeSync(output);
  }

  /**
   * Asks every 50 ms until `ready` is true.
   * @throws {Error} when the daemon ends, or is not ready after `withinSeconds`
   */
  async until(ready: () => Promise<boolean>, withinSeconds: number): Promise<void> {
    const deadline = Date.now() + withinSeconds * 1000;
    while (!(await ready())) {
      if (this.#hasEnded) throw new Error(`${this.#name} ended while it was starting.`);
      if (Date.now() > deadline) throw new Error(`${this.#name} is not ready after ${withinSeconds} s.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Asks it to end, and makes it end after 3 s. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), 3000);
    await ended;
    clearTimeout(force);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
