#!/usr/bin/env node
import { ConfigError } from "./app/config/config-error.ts";
import { ensureHomeDirectory } from "./app/home-directory.ts";
import { type Command, UsageError } from "./commands/command.ts";
import { credentials } from "./commands/credentials.ts";
import { doctor } from "./commands/doctor/doctor.ts";
import { sweep } from "./commands/sweep.ts";
import { ValetKeyError } from "./core/errors.ts";
import { version } from "./core/version.ts";

const commands: ReadonlyMap<string, Command> = new Map([
  ["credentials", credentials],
  ["doctor", doctor],
  ["sweep", sweep],
]);

const usageOfServer = `valetkey

  Starts the server that the environment describes. Without any variables, it runs with an embedded S3 for
  development at http://localhost:4000.

valetkey --version

  Prints the version.
`;

async function main([name = "", ...args]: readonly string[]): Promise<number> {
  const command = commands.get(name);
  if (command === undefined) {
    const usages = [usageOfServer, ...[...commands.values()].map(({ usage }) => usage)].join("\n");
    if (name !== "--help" && name !== "--version") throw new UsageError(usages);
    console.log(name === "--help" ? usages : version);
    return 0;
  }
  if (args.includes("--help")) {
    console.log(command.usage);
    return 0;
  }
  try {
    return await command.run(args, process.env);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    throw new UsageError(`${error.message}\n\n${command.usage}`);
  }
}

/** Ours, or one of `parseArgs`. */
function isUsageError(error: unknown): error is Error {
  const { code = "" } = error as NodeJS.ErrnoException;
  return error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
}

ensureHomeDirectory(process.env);
const parameters = process.argv.slice(2);
// Without a command it is the server, which handles its own errors and signals.
const running = parameters.length === 0 ? import("./main.ts").then(() => 0) : main(parameters);
running.then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const isTheOperators =
      error instanceof UsageError || error instanceof ConfigError || error instanceof ValetKeyError;
    process.stderr.write(`${isTheOperators ? error.message : String((error as Error).stack)}\n`);
    process.exit(isTheOperators ? 2 : 1);
  },
);
