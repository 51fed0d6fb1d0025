import type { IncomingMessage } from "node:http";

export interface DrainLimits {
  /** How much of what remains is read. Default: 1 MiB. */
  maxBytes?: number | undefined;
  /** After which time the connection is closed. Default: 2,000. */
  timeoutMs?: number | undefined;
}

/**
 * For after the answer: reads away what is left of a request's body, so that the connection serves
 * the next request. A body that does not end within the limits costs the client its connection.
 *
 * Over `maxBytes` nothing more is read, but the connection stays until `timeoutMs`: closing it at
 * once would reset it, and the client could lose the answer that is on its way.
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 *
 * Settles when the body has ended or the connection is closed. Never rejects.
 */
export function drainRequest(request: IncomingMessage, limits: DrainLimits = {}): Promise<void> {
  const { maxBytes = 1024 * 1024, timeoutMs = 2000 } = limits;
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    request.on("error", () => {});
    request.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) request.pause();
    });
    request.resume();
  });
}
