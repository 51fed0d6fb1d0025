import type { FastifyReply, FastifyRequest, RequestPayload } from "fastify";
import { callerKey } from "./caller-key.ts";
import { sendContinue } from "./expect-continue.ts";
import type { RequestBodies } from "./request-bodies.ts";

/** Call this in `preParsing`, after all checks that can refuse the request, and `bodies.end` when the body has arrived. */
export function startJsonBody(
  request: FastifyRequest,
  reply: FastifyReply,
  body: RequestPayload,
  bodies: RequestBodies,
): void {
  if (!isTooLarge(request)) sendContinue(reply.raw);
  bodies.start({ request, body, client: callerKey(request) });
}

/** Whether Fastify refuses this JSON body by its Content-Length, before it reads any of it. */
function isTooLarge({ headers, routeOptions }: FastifyRequest): boolean {
  return Number(headers["content-length"] ?? 0) > routeOptions.bodyLimit;
}
