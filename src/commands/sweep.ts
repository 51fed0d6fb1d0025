import { parseArgs } from "node:util";
import { pino } from "pino";
import { loadConfig } from "../app/config/config.ts";
import { logged } from "../core/logged-error.ts";
import { type Command, type Environment, UsageError } from "./command.ts";
import { sweepBucket } from "./sweep-bucket.ts";

const usage = `valetkey sweep BUCKET [--prefix PREFIX] [--region REGION] [--older-than HOURS] [--abort]

  Lists the multipart uploads of a bucket that were never completed, such as those of a process that
  was killed. With --abort it aborts them, which frees their parts. Takes the server's environment.

  --prefix PREFIX      only keys that start with it (default: every key)
  --region REGION      the bucket's region (default: the server's)
  --older-than HOURS   only uploads that began before (default: 24)
  --abort              do it; without it nothing is changed
`;

export const sweep: Command = {
  usage,
  async run(args, environment: Environment) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        prefix: { type: "string", default: "" },
        region: { type: "string" },
        "older-than": { type: "string", default: "24" },
        abort: { type: "boolean", default: false },
      },
    });
    const [bucket, ...rest] = positionals;
    if (bucket === undefined || rest.length > 0) throw new UsageError("Name one bucket.");
    const olderThanHours = parseHours(values["older-than"]);

    const log = pino({ level: "warn", serializers: logged }, pino.destination(2));
    const { prefix, region, abort } = values;
    const swept = sweepBucket(
      loadConfig(environment),
      { bucket, region, prefix, olderThanHours, abort },
      log,
    );
    const counts = { pending: 0, aborted: 0, failed: 0 };
    for await (const { key, startedAt, outcome } of swept) {
      counts[outcome] += 1;
      console.log(`${outcome}\t${startedAt.toISOString()}\t${JSON.stringify(key)}`);
    }
    console.log(`${counts.pending} pending, ${counts.aborted} aborted, ${counts.failed} failed`);
    return counts.failed > 0 ? 1 : 0;
  },
};

/** Parses strictly, because a text that JavaScript converts to 0, such as "", would abort every upload. */
function parseHours(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    throw new UsageError(
      `--older-than takes a number of hours such as 24 or 0.5, not ${JSON.stringify(text)}.`,
    );
  }
  return Number(text);
}
