#!/usr/bin/env node
import { parseArgs } from "node:util";
import { pino } from "pino";
import { loadConfig } from "./app/config/config.ts";
import { ConfigError } from "./app/config/config-error.ts";
import { sweepBucket } from "./commands/sweep-bucket.ts";
import { ValetKeyError } from "./core/errors.ts";
import { logged } from "./core/logged-error.ts";

const usage = `valetkey sweep BUCKET [--prefix PREFIX] [--region REGION] [--older-than HOURS] [--abort]

  Lists the multipart uploads of a bucket that were never completed, such as those of a process that
  was killed. With --abort it aborts them, which frees their parts. Takes the server's environment.

  --prefix PREFIX      only keys that start with it (default: every key)
  --region REGION      the bucket's region (default: the server's)
  --older-than HOURS   only uploads that began before (default: 24)
  --abort              do it; without it nothing is changed
  --help               this text
`;

class UsageError extends Error {}

async function main(): Promise<void> {
  const { positionals, values } = parseArguments();
  if (values.help) {
    console.log(usage);
    return;
  }
  const [command, bucket, ...rest] = positionals;
  if (command !== "sweep" || bucket === undefined || rest.length > 0) throw new UsageError(usage);
  const olderThanHours = parseHours(values["older-than"]);

  const log = pino({ level: "warn", serializers: logged }, pino.destination(2));
  const swept = sweepBucket(
    loadConfig(process.env),
    { bucket, region: values.region, prefix: values.prefix, olderThanHours, abort: values.abort },
    log,
  );
  const counts = { pending: 0, aborted: 0, failed: 0 };
  for await (const { key, startedAt, outcome } of swept) {
    counts[outcome] += 1;
    console.log(`${outcome}\t${startedAt.toISOString()}\t${JSON.stringify(key)}`);
  }
  console.log(`${counts.pending} pending, ${counts.aborted} aborted, ${counts.failed} failed`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        prefix: { type: "string", default: "" },
        region: { type: "string" },
        "older-than": { type: "string", default: "24" },
        abort: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Parses strictly, because a text that JavaScript converts to 0, such as "", would abort every upload. */
function parseHours(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    throw new UsageError(
      `--older-than takes a number of hours such as 24 or 0.5, not ${JSON.stringify(text)}.`,
    );
  }
  return Number(text);
}

main().catch((error: unknown) => {
  const isTheOperators =
    error instanceof UsageError || error instanceof ConfigError || error instanceof ValetKeyError;
  process.stderr.write(`${isTheOperators ? error.message : String((error as Error).stack)}\n`);
  process.exit(isTheOperators ? 2 : 1);
});
