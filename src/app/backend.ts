import type { Logger } from "pino";
import { createAssumeRole } from "../access/assume-role.ts";
import { RoleSessionPool } from "../access/role-session-pool.ts";
import { SkewCorrectedClock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import { S3Clients } from "../storage/client/s3-clients.ts";
import type { Config } from "./config/config.ts";
import { openStore, type Store } from "./store-connection.ts";

/** The store, the role sessions for it, and the S3 clients that use them. */
export interface Backend {
  readonly store: Store;
  readonly clock: SkewCorrectedClock;
  readonly sessions: RoleSessionPool;
  readonly s3Clients: S3Clients;
  close(): Promise<void>;
}

export async function openBackend(config: Config, metrics: Metrics, log: Logger): Promise<Backend> {
  const store = await openStore(config, log);
  const clock = new SkewCorrectedClock(Date.now, (skewMs) =>
    log.warn({ skewMs }, "this machine's clock differs from AWS's, whose time is used for signatures"),
  );
  const role = { ...store.role, sessionSeconds: config.sessionSeconds };
  const assumeRole = createAssumeRole({
    role,
    region: config.regions.default,
    endpoint: store.stsEndpoint,
    credentials: store.baseCredentials,
    clock,
    metrics,
  });
  const sessions = new RoleSessionPool({
    role,
    assumeRole,
    clock: clock.now,
    metrics,
    log,
    trustedIssuer: config.tokens?.issuer,
    // Without tokens there is a single, anonymous caller. If STS refuses it, it refuses all requests.
    refusedCallersToReport: config.tokens === undefined && !config.developmentTokens ? 1 : undefined,
    sendSessionTags: store.sessionTags,
    sendSourceIdentity: store.sourceIdentity,
  });
  const s3Clients = new S3Clients({ ...store.s3, metrics });
  return {
    store,
    clock,
    sessions,
    s3Clients,
    async close() {
      s3Clients.close();
      assumeRole.close();
      await store.close();
    },
  };
}
