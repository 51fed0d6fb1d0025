import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { onSendHookHandler } from "fastify";
import { BodyFlow, type BodyPaceOptions } from "./body-flow.ts";
import { stateOf } from "./request-state.ts";
import type { UploadShare } from "./upload-rate.ts";

export interface LingeringCloseOptions extends BodyPaceOptions {
  /** The maximum number of bytes that are read and discarded. */
  maxBytes: number;
  /** How long the connection stays open for the response to be read after `maxBytes`. Default: 5,000. */
  closeDelayMs?: number | undefined;
}

/**
 * Creates an onSend hook for responses that are sent before the whole request body has arrived.
 *
 * If the server closed the connection while the client is still sending, the client's TCP stack would discard the
 * response. Firefox reads a response only after it has sent the whole body, and Chromium drops an early response
 * with status 200. So the response says `Connection: close`, and the rest of the body is read and discarded for as
 * long as the client keeps sending at a reasonable pace. https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 *
 * If the rest of the body has already arrived, the connection stays open for the next request.
 */
export function lingeringClose(options: LingeringCloseOptions): onSendHookHandler {
  return (request, reply, payload, done) => {
    const { raw } = request;
    const { releaseBody, uploadShare } = stateOf(request);
    releaseBody?.();
    if (raw.readableEnded) {
      done();
      return;
    }
    raw.resume();
    if (raw.complete) {
      done();
      return;
    }
    // The response is decided: an error of the request stream no longer changes anything.
    raw.on("error", () => {});
    // Node's parser may be in the middle of a packet that contains the rest of the body.
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
      done(null, Readable.from(thenDiscardBody(payload, raw, { ...options, share: uploadShare })));
    });
  };
}

interface DiscardOptions extends LingeringCloseOptions {
  /** The rate of the caller, which holds for bytes that are discarded too. */
  share: UploadShare | undefined;
}

/** Node closes the connection when the response has ended, which is after the body. */
async function* thenDiscardBody(payload: string, request: IncomingMessage, options: DiscardOptions) {
  yield payload;
  await discardBody(request, options);
}

function discardBody(request: IncomingMessage, options: DiscardOptions): Promise<void> {
  const { maxBytes, closeDelayMs = 5000 } = options;
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    let closeTimer: NodeJS.Timeout | undefined;
    const end = () => {
      flow.stop();
      clearTimeout(closeTimer);
      resolve();
    };
    const flow = new BodyFlow(request, { ...options, onStall: end });
    request
      .on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        flow.received(chunk.length);
        if (bytes <= maxBytes) return;
        flow.pause();
        closeTimer ??= setTimeout(end, closeDelayMs);
      })
      .on("end", end)
      .on("close", end);
    flow.start();
  });
}
