import { setMaxListeners } from "node:events";
import { join } from "node:path";
import type { Logger } from "pino";
import { DevelopmentIssuer } from "../access/development-issuer.ts";
import { reloadGrantsFile } from "../access/grants-file.ts";
import { anonymousOnly, TokenVerifier } from "../access/token-verifier.ts";
import { createMetrics } from "../core/metrics.ts";
import { RequestContext } from "../graphql/context.ts";
import { createApollo } from "../graphql/operation/apollo.ts";
import { createSchema } from "../graphql/schema.ts";
import type { Services } from "../graphql/services.ts";
import { isLoopbackHost } from "../http/loopback.ts";
import { createHttpServer } from "../http/server.ts";
import { BucketRegions } from "../storage/client/bucket-regions.ts";
import { Endpoints } from "../storage/client/endpoints.ts";
import { AbandonedUploads } from "../storage/multipart/abandoned-uploads.ts";
import { RecentCompletions } from "../storage/multipart/recent-completions.ts";
import { RecentUploadTerms } from "../storage/multipart/recent-upload-terms.ts";
import { UploadIds } from "../storage/multipart/upload-id.ts";
import { Presigner } from "../storage/signing/presigner.ts";
import { UploadBudget } from "../storage/streaming/upload-budget.ts";
import { openBackend } from "./backend.ts";
import { builtPages } from "./built-pages.ts";
import type { Config } from "./config/config.ts";
import { drain } from "./drain.ts";
import { readInitialGrants } from "./initial-grants.ts";
import { listen } from "./listen.ts";
import { createLog } from "./log.ts";
import { ReadinessProbe } from "./readiness-probe.ts";
import { storeOrigins } from "./store-origins.ts";

export interface App {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Reads the grants file again. If it does not parse, the current rules stay in force. */
  reloadGrants(): Promise<void>;
  /** Shuts down gracefully. Accepted requests finish; those that still run after the time to drain are aborted. */
  close(reason?: string): Promise<void>;
}

export interface AppOptions {
  readonly log?: Logger | undefined;
  /** The folder with the built web pages, `web/` and `explorer/`. Default: where the build writes them. */
  readonly pages?: string | undefined;
}

/** How much memory all uploads through the server may use together. */
const uploadBudgetBytes = 256 * 2 ** 20;
/** How long a request without files may start calls to S3. Each call has a timeout of its own. */
const maxRequestSeconds = 60;

/**
 * Starts the server and listens.
 * @throws {ConfigError} when the configuration names something that cannot be used
 */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const { pages = builtPages } = options;
  const log = createLog(config, options.log);
  for (const warning of config.warnings) log.warn(warning);
  const metrics = createMetrics();
  const grants = await readInitialGrants(config, log);
  const [backend, schema] = await Promise.all([openBackend(config, metrics, log), createSchema()]);
  const { store, clock, sessions, s3Clients } = backend;
  const stopping = new AbortController();
  // Every running upload adds a listener.
  setMaxListeners(0, stopping.signal);
  const endpoints = new Endpoints(store.s3);
  const services: Services = {
    grants,
    sessions,
    s3Clients,
    presigner: new Presigner({ endpoints, metrics }),
    regions: config.regions,
    bucketRegions: new BucketRegions(config.regions.allowed),
    uploadIds: new UploadIds(store.secrets, config.regions),
    uploadBudget: new UploadBudget({ totalBytes: uploadBudgetBytes }),
    abandonedUploads: new AbandonedUploads({
      onGivenUp: ({ bucket }, err) =>
        log.error({ err, bucket }, "an upload could not be aborted: sweep the bucket"),
    }),
    recentUploadTerms: new RecentUploadTerms(),
    recentCompletions: new RecentCompletions(),
    clock: clock.now,
    metrics,
    maxRequestMs: maxRequestSeconds * 1000,
    multipartBytes: config.multipartBytes,
    maxUploadBytes: config.maxUploadBytes,
    stopping: stopping.signal,
  };
  const developmentIssuer = config.developmentTokens ? await DevelopmentIssuer.create(log) : undefined;
  const authenticator =
    developmentIssuer ?? (config.tokens ? new TokenVerifier({ ...config.tokens, log }) : anonymousOnly(log));
  const readiness = new ReadinessProbe(store.baseCredentials, sessions, log);
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
    allowLoopbackOrigins: !config.production,
    checkHost: !config.production && isLoopbackHost(config.host),
    developmentTokens: developmentIssuer,
    webClient: config.webClient
      ? {
          directory: join(pages, "web"),
          storeOrigins: storeOrigins(endpoints, config.regions.allowed),
          developmentCallers: developmentIssuer?.callers ?? [],
          defaultBucket: config.store.kind === "embedded" && !config.grantsFile ? "demo" : undefined,
        }
      : undefined,
    explorerDirectory: config.production ? undefined : join(pages, "explorer"),
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
  // Runs in the background, so that the log says whether the server can serve requests.
  void readiness.reasonNotReady();

  return {
    url,
    async reloadGrants() {
      if (config.grantsFile !== undefined) await reloadGrantsFile(config.grantsFile, grants, log);
    },
    async close(reason) {
      readiness.draining = true;
      log.info({ reason, seconds: config.drainSeconds }, "draining");
      const leftMs = await drain(http, { drainSeconds: config.drainSeconds, stopping });
      await apollo.stop();
      await services.abandonedUploads.close(leftMs);
      await backend.close();
    },
  };
}

/** The origins of Apollo Sandbox, when it is not opened from this server. */
const sandboxOrigins = ["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"];
