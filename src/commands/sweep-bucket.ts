import type { Logger } from "pino";
import type { SessionPurpose } from "../access/session-policy.ts";
import { openBackend } from "../app/backend.ts";
import type { Config } from "../app/config/config.ts";
import { ConfigError } from "../app/config/config-error.ts";
import { readInitialAccess } from "../app/initial-access.ts";
import { createMetrics } from "../core/metrics.ts";
import { parseBucketName, parseBucketRegion, parseKeyPrefix } from "../core/object-address.ts";
import { anonymous } from "../core/principal.ts";
import { type SweptUpload, sweepUploads } from "../storage/multipart/sweep.ts";

export interface SweepRequest {
  readonly bucket: string;
  readonly region: string | undefined;
  readonly prefix: string;
  readonly olderThanHours: number;
  readonly abort: boolean;
}

/** @throws {ValetKeyError} for an invalid bucket, region or prefix, or if S3 or STS refuses the request */
export async function* sweepBucket(
  given: Config,
  { bucket, region, prefix, olderThanHours, abort }: SweepRequest,
  log: Logger,
): AsyncGenerator<SweptUpload> {
  const { config, buckets } = await readInitialAccess(given, log);
  const name = parseBucketName(bucket);
  const address = { bucket: name, region: parseBucketRegion(name, region, { ...config.regions, buckets }) };
  const grants = [{ bucket: address.bucket, prefix: parseKeyPrefix(prefix), actions: ["UPLOAD"] }] as const;
  const { roles, s3Clients, close } = await openBackend(config, buckets, createMetrics(), log).catch(
    forSweep(config),
  );
  try {
    // The sweep has its own session, which may only manage uploads below the prefix. Its name is reserved.
    const caller = { principal: anonymous, grants, sessionName: "valetkey-sweep" } as const;
    const clientFor = (purpose: SessionPurpose) => async () =>
      s3Clients.for(await roles.of(name).sessions.get(caller, 60, { purpose }), address);
    const clients = { s3: clientFor("objects"), listing: clientFor("pending-uploads") };
    yield* sweepUploads(clients, address, { prefix, olderThanHours, dryRun: !abort });
  } finally {
    await close();
  }
}

function forSweep({ store }: Config) {
  return (error: unknown): never => {
    if (!(error instanceof ConfigError) || store.kind !== "embedded") throw error;
    const hint = "The embedded store serves one process at a time: stop the server that runs on it first.";
    throw new ConfigError(`${error.message}\n${hint}`, { cause: error });
  };
}
