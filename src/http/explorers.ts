import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import { sandboxPage, sandboxPolicy } from "./sandbox-page.ts";
import { serveHashedFiles } from "./static-files.ts";

/** Monaco, GraphiQL's editor, adds style elements by itself. Its workers and everything else come from this server. */
const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export type SendExplorer = (request: FastifyRequest, reply: FastifyReply) => Promise<string>;

/**
 * The pages that /graphql shows to a browser: Apollo Sandbox, or GraphiQL from this server with
 * `?explorer=graphiql`. The files of GraphiQL are served below /explorer/.
 * @param directory where the build has put GraphiQL
 */
export async function registerExplorers(server: FastifyInstance, directory: string): Promise<SendExplorer> {
  await serveHashedFiles(server, { directory: join(directory, "assets"), prefix: "/explorer/assets/" });
  return async (request, reply) => {
    reply.type("text/html; charset=utf-8").header("referrer-policy", "no-referrer");
    if ((request.query as Record<string, unknown>).explorer === "graphiql") {
      reply.header("content-security-policy", graphiqlPolicy);
      return graphiqlPage(directory);
    }
    const nonce = randomBytes(16).toString("base64");
    reply.header("content-security-policy", sandboxPolicy(nonce));
    return sandboxPage(nonce);
  };
}

async function graphiqlPage(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, "index.html"), "utf8");
  } catch (cause) {
    const message = "GraphiQL has not been built. Run `npm run build`, and start the server again.";
    throw Object.assign(new ValetKeyError("BAD_USER_INPUT", message, { cause }), { statusCode: 404 });
  }
}
