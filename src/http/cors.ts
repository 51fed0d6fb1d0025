import cors from "@fastify/cors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isLoopbackHost } from "../core/loopback.ts";
import type { TokenCookieOptions } from "./token-cookie.ts";

export interface CorsOptions {
  /** Exact origins whose pages may call this server. */
  readonly origins: readonly string[];
  /** Also allows pages of any loopback origin, such as http://localhost:5173. */
  readonly allowLoopback: boolean;
  /** If undefined, pages of other origins cannot send cookies. */
  readonly tokenCookie: TokenCookieOptions | undefined;
  readonly log: Pick<Logger, "warn">;
}

/** How many blocked origins are logged at most, each once. */
const maxLoggedOrigins = 100;

/** Allows pages of other origins to read responses. Logs which origins are blocked, since a page cannot see why. */
export async function registerCors(server: FastifyInstance, options: CorsOptions): Promise<void> {
  const { allowLoopback, tokenCookie, log } = options;
  const origins = new Set(options.origins);
  const logged = new Set<string>();

  server.addHook("onRequest", function logBlockedOrigin(request, _reply, done) {
    const { origin } = request.headers;
    if (origin !== undefined && !isAllowed(origin) && isOther(origin, request) && !logged.has(origin)) {
      if (logged.size < maxLoggedOrigins) {
        logged.add(origin);
        log.warn({ origin }, `CORS blocks pages of ${origin}: add it to VALETKEY_ORIGINS to allow them`);
      }
    }
    done();
  });

  function isAllowed(origin: string): boolean {
    return origins.has(origin) || (allowLoopback && isLoopbackOrigin(origin));
  }

  if (tokenCookie !== undefined) {
    const credentialed = new Set(tokenCookie.origins);
    server.addHook("onRequest", function allowCredentials(request, reply, done) {
      if (credentialed.has(request.headers.origin ?? "")) {
        reply.header("access-control-allow-credentials", "true");
      }
      done();
    });
  }

  // Without any allowed origin, OPTIONS is refused like every other unsupported method.
  if (origins.size === 0 && !allowLoopback) return;
  await server.register(cors, {
    // An empty list: the response to a preflight request has no Access-Control-Allow-Origin.
    origin: (origin, callback) => callback(null, origin !== undefined && isAllowed(origin) ? origin : []),
    methods: ["GET", "POST"],
    exposedHeaders: ["retry-after", "x-request-id"],
    maxAge: 600,
    // The plugin's error for an OPTIONS that is not a preflight request would be text.
    strictPreflight: false,
  });
}

function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\//.test(origin) && URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname);
}

/** Whether an origin is one that VALETKEY_ORIGINS takes, and not the server's own. */
function isOther(origin: string, { host }: FastifyRequest): boolean {
  if (origin.length > 300 || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === origin && url.host !== host.toLowerCase();
}
