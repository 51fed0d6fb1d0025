import { createApollo, errorFormat } from "../graphql/operation/apollo.ts";
import { KnownDocuments } from "../graphql/operation/known-documents.ts";
import { PreparedOperations } from "../graphql/operation/prepared-operations.ts";
import type { GraphQLService } from "../http/graphql-endpoint.ts";
import { UploadRate } from "../http/upload-rate.ts";
import type { Runtime } from "./runtime.ts";

const services = new WeakMap<Runtime, Promise<GraphQLService>>();

/** What serves GraphQL over HTTP, for the stand-alone server and for other servers. All mounts of one runtime share it. */
export function graphqlServiceOf(runtime: Runtime): Promise<GraphQLService> {
  const service = services.get(runtime) ?? startGraphQLService(runtime);
  services.set(runtime, service);
  return service;
}

async function startGraphQLService(runtime: Runtime): Promise<GraphQLService> {
  const { config, log, metrics, schema, persistedOperations: persisted } = runtime;
  const { production } = config;
  const known = persisted?.known ?? new KnownDocuments();
  const apollo = createApollo({ schema, production, metrics, log, known, persisted });
  await apollo.start();
  return {
    apollo,
    prepared: config.prepared
      ? new PreparedOperations({
          schema,
          known,
          metrics,
          persisted,
          formatError: errorFormat({ production, persisted }),
        })
      : undefined,
    makeContext: runtime.createContext,
    authenticate: runtime.authenticate,
    tokenCookie: config.tokenCookie,
    log,
    shedRequests: metrics.shedRequests,
    maxFiles: config.maxFiles,
    maxUploadBytes: config.maxUploadBytes,
    uploadRate:
      config.uploadBytesPerSecond === undefined
        ? undefined
        : new UploadRate({
            bytesPerSecond: config.uploadBytesPerSecond,
            onWait: (seconds) => metrics.uploadThrottled.inc(seconds),
          }),
    rateLimit: config.rateLimit,
    sharedMemory: runtime.sharedMemory,
  };
}
