import { setMaxListeners } from "node:events";
import type { AddressInfo } from "node:net";
import type { ApolloServer } from "@apollo/server";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { Grants } from "../access/grants.ts";
import { GrantsFileError, parseGrantsFile, readGrantsFile, reloadGrantsFile } from "../access/grants-file.ts";
import { anonymousOnly, TokenVerifier } from "../access/token-verifier.ts";
import { logged } from "../core/logged-error.ts";
import { createMetrics } from "../core/metrics.ts";
import { RequestContext } from "../graphql/context.ts";
import { createApollo } from "../graphql/operation/apollo.ts";
import { createSchema } from "../graphql/schema.ts";
import type { Services } from "../graphql/services.ts";
import { createHttpServer } from "../http/server.ts";
import { BucketRegions } from "../storage/client/bucket-regions.ts";
import { Endpoints } from "../storage/client/endpoints.ts";
import { AbandonedUploads } from "../storage/multipart/abandoned-uploads.ts";
import { BegunUploads } from "../storage/multipart/begun-uploads.ts";
import { CompletedUploads } from "../storage/multipart/completed-uploads.ts";
import { UploadIds } from "../storage/multipart/upload-id.ts";
import { Presigner } from "../storage/signing/presigner.ts";
import { UploadBudget } from "../storage/streaming/upload-budget.ts";
import { openBackend } from "./backend.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { hostFault, isHostFault } from "./listen-fault.ts";
import { Readiness } from "./readiness.ts";

export interface App {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Reads the grants file again. One that does not parse is refused whole, and the rules in force stay. */
  reloadGrants(): Promise<void>;
  /** Drains: no new connection, what was accepted is finished, what remains after the time to drain is aborted. */
  close(reason?: string): Promise<void>;
}

export interface AppOptions {
  readonly log?: Logger | undefined;
}

/**
 * A system call for each line would cost a request more than the line itself; what waits is written at exit too.
 * When nobody reads what is written, requests go on, and lines beyond 16 MiB are lost.
 */
const logDestination = { sync: false, minLength: 15 * 1024, periodicFlush: 100, maxLength: 16 * 2 ** 20 };
/** What the uploads through the server may hold in memory together. */
const uploadBudgetBytes = 256 * 2 ** 20;
/** In which a request that sends no files may begin calls to S3; each of them ends by itself. */
const maxRequestSeconds = 60;
/** In which a connection that was just made can still send its request. */
const unusedSeconds = 1;
/** For the aborts at S3 and the answers that are left when the time to drain is over. The last second is the aborts'. */
const abortSeconds = 5;

/**
 * A server that listens.
 * @throws {ConfigError} when what the configuration names cannot be used
 */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const given = options.log ?? pino({ level: config.logLevel }, pino.destination(logDestination));
  const log = given.child({}, { serializers: logged });
  for (const warning of config.warnings) log.warn(warning);
  const metrics = createMetrics();
  const grants = await readGrants(config, log);
  const [backend, schema] = await Promise.all([openBackend(config, metrics, log), createSchema()]);
  const { store, clock, sessions, s3Clients } = backend;
  const stopping = new AbortController();
  // Every upload under way listens to it.
  setMaxListeners(0, stopping.signal);
  const services: Services = {
    grants,
    sessions,
    s3Clients,
    presigner: new Presigner({ endpoints: new Endpoints(store.s3), metrics }),
    regions: config.regions,
    bucketRegions: new BucketRegions(config.regions.allowed),
    uploadIds: new UploadIds(store.secrets, config.regions),
    uploadBudget: new UploadBudget({ totalBytes: uploadBudgetBytes }),
    abandonedUploads: new AbandonedUploads({
      onGivenUp: ({ bucket }, err) =>
        log.error({ err, bucket }, "an upload could not be aborted: sweep the bucket"),
    }),
    begunUploads: new BegunUploads(),
    completedUploads: new CompletedUploads(),
    clock: clock.now,
    metrics,
    maxRequestMs: maxRequestSeconds * 1000,
    multipartBytes: config.multipartBytes,
    maxUploadBytes: config.maxUploadBytes,
    stopping: stopping.signal,
  };
  const authenticator = config.tokens ? new TokenVerifier({ ...config.tokens, log }) : anonymousOnly;
  const readiness = new Readiness(store.baseCredentials, sessions, log);
  const apollo = createApollo({ schema, production: config.production, metrics, log });
  await apollo.start();
  const http = await createHttpServer({
    apollo,
    makeContext: (caller) => new RequestContext(services, caller),
    authenticate: (authorization) => authenticator.verify(authorization),
    readiness,
    metrics: config.metrics ? metrics : undefined,
    log,
    origins: config.production ? config.origins : [...config.origins, ...sandboxOrigins],
    maxFiles: config.maxFiles,
    maxUploadBytes: config.maxUploadBytes,
    rateLimit: config.rateLimit,
  });
  const url = await listen(http, config).catch(async (error: unknown) => {
    await apollo.stop();
    await backend.close();
    throw error;
  });
  log.info({ url, store: config.store.kind }, "Valet Key is ready");
  // It listens; whether it can serve is found out behind that, for the log.
  void readiness.reasonNotReady();

  return {
    url,
    async reloadGrants() {
      if (config.grantsFile !== undefined) await reloadGrantsFile(config.grantsFile, grants, log);
    },
    async close(reason) {
      readiness.draining = true;
      log.info({ reason, seconds: config.drainSeconds }, "draining");
      const overAtMs = performance.now() + (config.drainSeconds + abortSeconds) * 1000;
      await drain(http, apollo, stopping, config.drainSeconds);
      await services.abandonedUploads.close(Math.max(1000, overAtMs - performance.now()));
      await backend.close();
    },
  };
}

/** Where Apollo Sandbox runs when it is not the page that this server itself serves. */
const sandboxOrigins = ["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"];

/** @throws {ConfigError} */
async function readGrants({ grantsFile, tokens }: Config, log: Logger): Promise<Grants> {
  try {
    const { rules, warnings } =
      grantsFile === undefined
        ? parseGrantsFile(demoGrants, "the embedded store's grants")
        : await readGrantsFile(grantsFile);
    for (const warning of warnings) log.warn(warning);
    return new Grants(rules, { believesTokens: tokens !== undefined });
  } catch (error) {
    if (!(error instanceof GrantsFileError)) throw error;
    throw new ConfigError(`VALETKEY_GRANTS: ${error.message}`, { cause: error });
  }
}

/** Without a grants file there is only the embedded store, and its bucket is for everyone. */
const demoGrants = `
grants:
  - who: anonymous
    bucket: demo
    allow: [DOWNLOAD, UPLOAD, LIST, DELETE]
`;

async function listen(http: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await http.listen({ host, port });
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (isHostFault(why)) throw hostFault(host, why, cause);
    throw new ConfigError(
      `PORT: got ${port}, cannot listen there on ${host} (${why}); takes a free port, or 0 for any`,
      { cause },
    );
  }
  const { port: taken } = http.server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
}

async function drain(
  http: FastifyInstance,
  apollo: ApolloServer<RequestContext>,
  stopping: AbortController,
  drainSeconds: number,
): Promise<void> {
  const closed = http.close();
  setTimeout(() => http.connections.closeUnused(), unusedSeconds * 1000).unref();
  const forced = setTimeout(() => {
    stopping.abort();
    http.connections.closeRest();
    setTimeout(() => http.server.closeAllConnections(), (abortSeconds - 1) * 1000).unref();
  }, drainSeconds * 1000);
  await closed;
  clearTimeout(forced);
  await apollo.stop();
}
