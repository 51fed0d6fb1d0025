import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { serveHashedFiles } from "./static-files.ts";

export interface WebClientOptions {
  /** Where the build has put the web client: `index.html` and `assets/`. */
  readonly directory: string;
  /** The origins of the store, to which files are sent and from which they are shown. */
  readonly storeOrigins: () => readonly string[];
  /** Subjects for which the server issues tokens. */
  readonly developmentCallers: readonly string[];
  /** The bucket that the client opens first. Undefined: the first one of the caller's grants. */
  readonly defaultBucket: string | undefined;
}

/** Mantine adds style elements, which have to carry the nonce of the response. */
const noncePlaceholder = "__CSP_NONCE__";

/**
 * Serves the web client at `/`, and what it has to know of this server at `/web-config.json`. Without the built files,
 * `/` is not served.
 */
export async function registerWebClient(
  server: FastifyInstance,
  options: WebClientOptions,
  log: Pick<Logger, "info">,
): Promise<void> {
  const { directory, storeOrigins, developmentCallers, defaultBucket = null } = options;
  const page = await readFile(join(directory, "index.html"), "utf8").catch(() => undefined);
  if (page === undefined) {
    log.info("the web client has not been built: run `npm run build`, and start the server again");
    return;
  }
  await serveHashedFiles(server, { directory: join(directory, "assets"), prefix: "/assets/" });
  server.get("/", (_request, reply) => {
    const nonce = randomBytes(16).toString("base64");
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", policy(nonce, storeOrigins()))
      .header("referrer-policy", "no-referrer")
      .header("cross-origin-opener-policy", "same-origin")
      .send(page.replaceAll(noncePlaceholder, nonce));
  });
  server.get("/web-config.json", async () => ({ graphqlUrl: "graphql", developmentCallers, defaultBucket }));
}

/** Scripts come from this server only. Stored objects are shown as media, or in frames of the store's own origin. */
function policy(nonce: string, storeOrigins: readonly string[]): string {
  const store = storeOrigins.join(" ");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self' blob:",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    `connect-src 'self' blob: ${store}`,
    `img-src 'self' data: blob: ${store}`,
    `media-src blob: ${store}`,
    `frame-src blob: ${store}`,
    `object-src blob: ${store}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
