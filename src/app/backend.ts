import type { Logger } from "pino";
import { createAssumeRole } from "../access/assume-role.ts";
import { CredentialsIssuer } from "../access/credentials-issuer.ts";
import { ProtectedSts } from "../access/protected-sts.ts";
import { type RoleConnection, RoleConnections } from "../access/role-connections.ts";
import { RoleSessionPool } from "../access/role-session-pool.ts";
import type { RoleBuckets } from "../access/session-request.ts";
import type { BucketRole, Buckets } from "../core/bucket-settings.ts";
import { SkewCorrectedClock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import { noSharedMemory, type SharedMemory } from "../core/shared-memory.ts";
import { S3Clients } from "../storage/calls/s3-clients.ts";
import { Endpoints } from "../storage/client/endpoints.ts";
import { BaseCredentials } from "./base-credentials.ts";
import type { Config } from "./config/config.ts";
import { type EmbeddedStoreAccess, openStore, type Store } from "./store-connection.ts";

/** The stores, the role sessions for them, and the S3 clients that use them. */
export interface Backend {
  readonly store: Store;
  readonly endpoints: Endpoints;
  readonly roles: RoleConnections;
  /** Rejects if no role can be assumed, because no base credentials are found. */
  readonly baseCredentials: () => Promise<void>;
  readonly s3Clients: S3Clients;
  close(): Promise<void>;
}

/** @param sharedMemory where replicas share their role sessions. Default: nowhere */
export async function openBackend(
  config: Config,
  buckets: Buckets,
  metrics: Metrics,
  log: Logger,
  sharedMemory: SharedMemory = noSharedMemory,
  embeddedStore?: EmbeddedStoreAccess,
): Promise<Backend> {
  const store = await openStore(config, log, embeddedStore);
  const endpoints = new Endpoints({
    ...store.s3,
    ofOwnRoles: store.s3OfOwnRoles,
    buckets,
    publicEndpoint: config.publicEndpoint,
  });
  const defaultRole = store.role;
  const ofDefaultRole = store.baseCredentials;
  const baseCredentials = new BaseCredentials({ buckets, defaultRole, ofDefaultRole });
  const environs = { config, store, baseCredentials, metrics, log, sharedMemory };
  const roles = new RoleConnections({
    buckets,
    defaultRole,
    connect: (role, ofRole) => connectRole(role, ofRole, environs),
  });
  const s3Clients = new S3Clients({ endpoints, buckets, metrics });
  return {
    store,
    endpoints,
    roles,
    baseCredentials: () => baseCredentials.resolveAny(),
    s3Clients,
    async close() {
      s3Clients.close();
      roles.close();
      await store.close();
    },
  };
}

interface Environs {
  readonly config: Config;
  readonly store: Store;
  readonly baseCredentials: BaseCredentials;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly sharedMemory: SharedMemory;
}

function connectRole(
  role: BucketRole,
  buckets: RoleBuckets,
  { config, store, baseCredentials, metrics, log, sharedMemory }: Environs,
): RoleConnection {
  const clock = new SkewCorrectedClock(Date.now, (skewMs) =>
    log.warn({ skewMs }, "this machine's clock differs from AWS's, whose time is used for signatures"),
  );
  const toAssume = {
    arn: role.arn,
    externalId: role.externalId ?? store.externalId,
    sessionSeconds: config.sessionSeconds,
  };
  const assumeRole = createAssumeRole({
    role: toAssume,
    region: config.regions.default,
    endpoint: role === store.role ? store.stsEndpoint : role.stsEndpoint,
    credentials: baseCredentials.for(role),
    clock,
    metrics,
  });
  const sts = new ProtectedSts({
    assumeRole,
    // Without tokens there is a single, anonymous caller. If STS refuses it, it refuses all requests.
    refusedCallersToReport: config.tokens === undefined && !config.developmentTokens ? 1 : undefined,
  });
  const requests = {
    role: toAssume,
    buckets,
    trustedIssuer: config.tokens?.issuers[0]?.issuer,
    sendSessionTags: store.sessionTags,
    sendSourceIdentity: store.sourceIdentity,
  };
  const sessions = new RoleSessionPool({ ...requests, sts, clock: clock.now, metrics, log, sharedMemory });
  return {
    sessions,
    credentials: new CredentialsIssuer({ ...requests, sts }),
    clock: clock.now,
    isBreakerOpen: () => sts.isBreakerOpen,
    close() {
      sessions.close();
      assumeRole.close();
    },
  };
}
