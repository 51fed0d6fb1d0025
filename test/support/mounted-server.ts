import { createServer, type RequestListener } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { rememberRuntime } from "../../src/app/runtime-of.ts";
import { valetKeyExpress } from "../../src/express.ts";
import { valetKeyFastify } from "../../src/fastify.ts";
import { GraphQLClient } from "./graphql-client.ts";
import { listenOnLoopback, stopListening } from "./listening.ts";
import { type Closable, type Started, startTogether } from "./resources.ts";
import { type ReachableStore, startTestRuntime, type TestServerOptions } from "./test-server.ts";

/** A server of somebody else with Valet Key at `/files/graphql`. */
export interface MountedServer extends Closable, ReachableStore {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** For GraphQLClient, which adds `/graphql`. */
  readonly url: string;
  readonly client: GraphQLClient;
  /** Closes Valet Key, but not the server. */
  closeValetKey(): Promise<void>;
}

const path = "/files/graphql";

export interface FastifyHostOptions extends TestServerOptions {
  /** What the host registers before Valet Key, and after it. */
  readonly before?: (app: FastifyInstance) => unknown;
  readonly after?: (app: FastifyInstance) => unknown;
}

export function startFastifyHost(options: FastifyHostOptions = {}): Promise<MountedServer> {
  return startMounted(options, async (valetKey, started) => {
    const app = Fastify();
    await options.before?.(app);
    await app.register(valetKeyFastify, { valetKey, path });
    await options.after?.(app);
    const origin = await app.listen({ host: "127.0.0.1", port: 0 });
    started.defer(() => {
      app.server.closeAllConnections();
      return app.close();
    });
    return origin;
  });
}

export interface NodeHostOptions extends TestServerOptions {
  /** Makes the host's request listener of Valet Key's handler. Default: the handler at the path, and 404 elsewhere. */
  readonly listener?: (handler: ReturnType<typeof valetKeyExpress>) => RequestListener;
}

export function startNodeHost(options: NodeHostOptions = {}): Promise<MountedServer> {
  return startMounted(options, async (valetKey, started) => {
    const handler = valetKeyExpress(valetKey);
    const server = createServer(options.listener?.(handler) ?? atPath(handler));
    const origin = await listenOnLoopback(server);
    started.defer(() => stopListening(server));
    return origin;
  });
}

const atPath =
  (handler: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url?.split("?")[0] === path) handler(request, response);
    else response.writeHead(404, { "content-type": "text/plain" }).end("the host's own 404");
  };

function startMounted(
  options: TestServerOptions,
  startHost: (valetKey: object, started: Started) => Promise<string>,
): Promise<MountedServer> {
  return startTogether(async (started) => {
    const { runtime, ...store } = await started.use(startTestRuntime(options));
    const valetKey = {};
    rememberRuntime(valetKey, runtime);
    const origin = await startHost(valetKey, started);
    const url = origin + path.replace("/graphql", "");
    return { ...store, origin, url, client: new GraphQLClient(url), closeValetKey: () => runtime.close() };
  });
}
