import type { FastifyInstance } from "fastify";
import { ValetKeyError } from "../core/errors.ts";

/** Issues tokens for made-up callers: see `DevelopmentIssuer`. */
export interface DevelopmentTokens {
  readonly callers: readonly string[];
  issue(subject: string): Promise<{ readonly token: string; readonly expiresAt: Date }>;
}

/**
 * Serves `POST /dev/token` with `{"subject": "alice"}`. A page of another site cannot read the response, because CORS
 * allows only the configured and loopback origins.
 */
export function developmentTokenEndpoint(server: FastifyInstance, tokens: DevelopmentTokens): void {
  server.post("/dev/token", { bodyLimit: 1024 }, async ({ body }) => {
    const subject = (body as { subject?: unknown } | null)?.subject;
    if (typeof subject === "string" && tokens.callers.includes(subject)) return tokens.issue(subject);
    const message = `The subject must be one of ${tokens.callers.join(", ")}.`;
    const error = new ValetKeyError("BAD_USER_INPUT", message, { field: "subject" });
    throw Object.assign(error, { statusCode: 400 });
  });
}
