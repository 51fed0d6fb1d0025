import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { onSendHookHandler } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by who reads the body piece by piece: stops that, since the answer is on its way. */
    releaseBody: (() => void) | undefined;
  }
}

export interface EarlyAnswerLimits {
  /** How much of what remains is read. Default: 16 MiB. */
  maxBytes?: number | undefined;
  /** After which time the connection is closed. Default: 5,000. */
  timeoutMs?: number | undefined;
}

/**
 * Makes an onSend hook for answers that go out before the request's body has come. The client may
 * still be sending: closing the connection at once would reset it, and the answer could be lost. So
 * the answer says that the connection will be closed, and it ends when the body has ended, or at the limits.
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 *
 * A rest that is here already is read away, and leaves the connection to the next request.
 */
export function earlyAnswer(limits: EarlyAnswerLimits = {}): onSendHookHandler {
  return (request, reply, payload, done) => {
    const { raw } = request;
    request.releaseBody?.();
    if (raw.readableEnded) {
      done();
      return;
    }
    raw.resume();
    if (raw.complete) {
      done();
      return;
    }
    // What ends the body from now on is nobody's concern any more.
    raw.on("error", () => {});
    // The parser may be in the middle of a packet that has the rest.
    setImmediate(() => {
      if (raw.complete || raw.destroyed) {
        done();
        return;
      }
      reply.header("connection", "close");
      if (typeof payload !== "string") {
        done();
        return;
      }
      reply.header("content-length", Buffer.byteLength(payload));
      done(null, Readable.from(withTheRest(payload, raw, limits)));
    });
  };
}

async function* withTheRest(answer: string, request: IncomingMessage, limits: EarlyAnswerLimits) {
  yield answer;
  await readAway(request, limits);
}

/** Over `maxBytes` nothing more is read, and the client has the rest of the time to see the answer. */
function readAway(
  request: IncomingMessage,
  { maxBytes = 16 * 1024 ** 2, timeoutMs = 5000 }: EarlyAnswerLimits,
): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, timeoutMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    request
      .on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) request.pause();
      })
      .on("end", end)
      .on("close", end);
  });
}
