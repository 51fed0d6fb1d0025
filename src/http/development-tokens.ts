import type { FastifyInstance } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import type { HostCheck } from "./host-check.ts";
import { startJsonBody } from "./json-body.ts";
import type { RequestBodies } from "./request-bodies.ts";

/** Issues tokens for made-up callers: see `DevelopmentIssuer`. */
export interface DevelopmentTokens {
  readonly callers: readonly string[];
  issue(subject: string): Promise<{ readonly token: string; readonly expiresAt: Date }>;
}

export interface DevelopmentTokenOptions {
  readonly tokens: DevelopmentTokens;
  readonly bodies: RequestBodies;
  readonly hostCheck: HostCheck;
}

/**
 * Serves `POST /dev/token` with `{"subject": "alice"}`. A page of another site cannot read the response, because CORS
 * allows only the configured and loopback origins, and because the host is checked against DNS rebinding.
 */
export function developmentTokenEndpoint(server: FastifyInstance, options: DevelopmentTokenOptions): void {
  const { tokens, bodies, hostCheck } = options;
  server.post("/dev/token", {
    onRequest: ({ raw }, _reply, done) => done(hostCheck.error(raw)),
    preParsing: (request, reply, body, done) => {
      startJsonBody(request, reply, body, bodies);
      done(null, body);
    },
    onError: async (request) => bodies.end(request),
    preValidation: async (request) => bodies.end(request),
    handler: async ({ body }) => {
      const subject = (body as { subject?: unknown } | null)?.subject;
      if (typeof subject === "string" && tokens.callers.includes(subject)) return tokens.issue(subject);
      const message = `The subject must be one of ${tokens.callers.join(", ")}.`;
      const error = new ValetKeyError("BAD_USER_INPUT", message, { field: "subject" });
      throw Object.assign(error, { statusCode: 400 });
    },
  });
}
