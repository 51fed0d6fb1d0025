import { type Logger, pino } from "pino";
import { logged } from "../core/logged-error.ts";
import type { Config } from "./config/config.ts";

/**
 * Lines are collected, because one system call per line would cost more than the line itself. They are also
 * written at exit. If nothing reads the output, requests continue and lines beyond 16 MiB are dropped.
 */
const destination = { sync: false, minLength: 15 * 1024, periodicFlush: 100, maxLength: 16 * 2 ** 20 };
/** Processes that share an output write so little at a time that a pipe never mixes their lines (POSIX: PIPE_BUF). */
const sharedDestination = { ...destination, minLength: 3 * 1024, maxWrite: 4 * 1024 };

export function createLog({ logLevel, workers }: Config, given: Logger | undefined): Logger {
  const own = workers > 1 ? sharedDestination : destination;
  const log = given ?? pino({ level: logLevel }, pino.destination(own));
  const child = log.child({}, { serializers: logged });
  if (typeof child.isLevelEnabled === "function") return child;
  // Fastify's logger that writes nothing is not pino. Its child may be the logger itself, which must not change.
  return Object.assign(Object.create(child), { isLevelEnabled: () => true });
}
