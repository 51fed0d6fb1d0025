import { setMaxListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { reloadAccessFile, replaceAccess } from "../access/access-file.ts";
import { type AccessSnapshot, parseAccessSnapshot } from "../access/access-snapshot.ts";
import { DevelopmentIssuer } from "../access/development-issuer.ts";
import { anonymousOnly, TokenVerifier } from "../access/token-verifier.ts";
import { createCallerHash } from "../core/caller-hash.ts";
import { ValetKeyError } from "../core/errors.ts";
import { createMetrics, type Metrics } from "../core/metrics.ts";
import { anonymous, type Principal } from "../core/principal.ts";
import type { SharedMemory } from "../core/shared-memory.ts";
import { RequestContext, type RequestContextOptions } from "../graphql/context.ts";
import type { OnObjectStored } from "../graphql/object-stored.ts";
import type { PersistedOperations } from "../graphql/operation/persisted-operations.ts";
import { createSchema } from "../graphql/schema.ts";
import type { Services } from "../graphql/services.ts";
import { authenticateBy } from "../library/authenticate-by.ts";
import type { ValetKeyOptions } from "../library/options.ts";
import type { Endpoints } from "../storage/client/endpoints.ts";
import { openBackend } from "./backend.ts";
import type { Config } from "./config/config.ts";
import { createServices } from "./create-services.ts";
import { grantsFromCode, withGrants } from "./grants-from-code.ts";
import { accessFileOptions, readInitialAccess, settingThatNamesCallers } from "./initial-access.ts";
import { createLog } from "./log.ts";
import { openPersistedOperations } from "./persisted-operations.ts";
import { ReadinessProbe } from "./readiness-probe.ts";
import { ReloadSignal } from "./reload-signal.ts";
import { registerRuntimeMetrics } from "./runtime-metrics.ts";
import { openSharedMemory } from "./shared-memory.ts";
import type { SharedState } from "./shared-state.ts";

export interface RuntimeOptions
  extends Pick<ValetKeyOptions, "authenticate" | "authorize" | "authorizeCacheSeconds"> {
  /** Default: a log of its own, to the standard output. */
  readonly log?: Logger | undefined;
  /** Called when an object was stored, before the caller is told. Default: nothing is called. */
  readonly onObjectStored?: OnObjectStored | undefined;
  /** What this process shares with other workers of the same server. Default: it is the only process. */
  readonly shared?: SharedState | undefined;
}

/**
 * One running Valet Key: everything but an HTTP server. The stand-alone server, `createValetKey` and the handlers for
 * other servers all use this. Several of them in one process share nothing.
 */
export interface Runtime {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly services: Services;
  /** What replicas share. */
  readonly sharedMemory: SharedMemory;
  /** Where presigned URLs lead. */
  readonly endpoints: Endpoints;
  readonly schema: GraphQLSchema;
  /** If undefined, every operation is executed. */
  readonly persistedOperations: PersistedOperations | undefined;
  readonly readiness: ReadinessProbe;
  /** If undefined, as in production and with a role, no tokens are issued. */
  readonly developmentIssuer: DevelopmentIssuer | undefined;
  /** A name for a caller in the log. Undefined for one without a token. */
  readonly callerHash: (principal: Principal) => string | undefined;
  /** Returns the caller of a request with these headers. Throws UNAUTHENTICATED. */
  authenticate(headers: IncomingHttpHeaders): Promise<Principal>;
  /** What the resolvers of one request share. Throws when it cannot be found out what the caller may do. */
  createContext(request: RequestOfCaller): Promise<RequestContext>;
  /**
   * Reads the access file again, or takes what the primary process has read. If it does not parse, the current rules stay
   * in force.
   */
  reloadAccess(snapshot?: AccessSnapshot): Promise<void>;
  /** Reads the manifests of persisted operations again. If they have faults, the current operations stay in force. */
  reloadPersistedOperations(): Promise<void>;
  /** Ends the uploads that are still running. `close` does it too. */
  abortUploads(): void;
  /**
   * Ends everything.
   * @param abortMs how long to wait for uploads to be aborted at S3
   */
  close(abortMs?: number): Promise<void>;
}

export type RequestOfCaller = Omit<RequestContextOptions, "grants" | "log">;

/** The default of `close`. */
const abortSeconds = 5;

/** @throws {ConfigError} when the configuration names something that cannot be used */
export async function startRuntime(given: Config, options: RuntimeOptions = {}): Promise<Runtime> {
  const { shared } = options;
  const log = createLog(given, options.log);
  // The primary process of several workers has logged them.
  if (shared === undefined) for (const warning of given.warnings) log.warn(warning);
  const metrics = createMetrics();
  const { config, grants, buckets } = await readInitialAccess(given, log, shared?.access);
  const schema = await createSchema({ federation: config.federation });
  const manifest = await openPersistedOperations(config, schema, log);
  const developmentIssuer = config.developmentTokens
    ? await DevelopmentIssuer.create(log, shared?.developmentKey)
    : undefined;
  const tokenVerifier = config.tokens && new TokenVerifier({ ...config.tokens, log });
  const tokens =
    developmentIssuer ??
    tokenVerifier ??
    anonymousOnly(
      log,
      ["VALETKEY_JWT_ISSUER", "VALETKEY_JWKS_URL"].map((name) => config.nameOf(name)),
    );
  // Runs in the background, because an issuer that cannot be reached does not stop the start.
  void tokenVerifier?.prepare();
  const verifyTokens = async ({ authorization }: IncomingHttpHeaders) =>
    authorization === undefined ? anonymous : await tokens.verify(authorization);
  const redis = await openSharedMemory(config, metrics, log);
  const backend = await openBackend(config, buckets, metrics, log, redis.memory, shared?.embeddedStore).catch(
    (error: unknown) => {
      redis.close();
      throw error;
    },
  );
  const fromCode = grantsFromCode(options, {
    log,
    hasRole: backend.roles.hasRole,
    namesCallers: settingThatNamesCallers(config),
  });
  const stopping = new AbortController();
  // Every running upload adds a listener.
  setMaxListeners(0, stopping.signal);
  const { onObjectStored } = options;
  const { memory } = redis;
  const parts = { backend, buckets, memory, metrics, log, onObjectStored, stopping: stopping.signal };
  const services = createServices(config, parts);
  registerRuntimeMetrics(metrics, services);
  const { accessFile } = config;
  const reload = async (snapshot?: AccessSnapshot) => {
    if (accessFile === undefined) return false;
    const access = { grants, buckets };
    const fileOptions = accessFileOptions(config);
    const isReplaced =
      snapshot === undefined
        ? await reloadAccessFile(accessFile, access, log, fileOptions)
        : await replaceAccess(() => parseAccessSnapshot(snapshot, fileOptions), access, log);
    backend.roles.closeUnused();
    return isReplaced;
  };
  // The primary process of several workers has one for all of them.
  const hasSignal = config.redis !== undefined && accessFile !== undefined && shared === undefined;
  const reloadSignal = hasSignal
    ? new ReloadSignal({ memory, accessFile, reload: () => reload(), log })
    : undefined;
  let closing: Promise<void> | undefined;

  return {
    config,
    log,
    metrics,
    services,
    sharedMemory: memory,
    endpoints: backend.endpoints,
    schema,
    persistedOperations: manifest?.operations,
    readiness: new ReadinessProbe(backend.baseCredentials, backend.roles, log),
    developmentIssuer,
    callerHash: createCallerHash(backend.store.secrets),
    authenticate: options.authenticate ? authenticateBy(options.authenticate, log) : verifyTokens,
    async createContext(request) {
      if (closing !== undefined) throw new ValetKeyError("OVERLOADED", "This server has been shut down.");
      const { principal, requestId, connection, sendsFiles, admit } = request;
      const ofFile = grants.grantsFor(principal);
      const granted = fromCode && withGrants(ofFile, await fromCode.grantsFor(principal));
      // No spread: Node 20 takes 2 µs for each property that follows one, and nothing may replace the grants.
      const own = { principal, grants: granted ?? ofFile, requestId, log, connection, sendsFiles, admit };
      return new RequestContext(services, own);
    },
    async reloadAccess(snapshot) {
      if (await reload(snapshot)) await reloadSignal?.announce();
    },
    reloadPersistedOperations: async () => manifest?.reload(),
    abortUploads: () => stopping.abort(),
    close(abortMs = abortSeconds * 1000) {
      closing ??= (async () => {
        stopping.abort();
        reloadSignal?.close();
        await services.abandonedUploads.close(abortMs);
        await backend.close();
        redis.close();
      })();
      return closing;
    },
  };
}
