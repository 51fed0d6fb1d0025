import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** Responses whose clients wait for `100 Continue` before they send a body. */
const waiting = new WeakSet<ServerResponse>();

/**
 * Handles `Expect: 100-continue` like any other request. Node would send `100 Continue` before the request has
 * been checked, and the client would send a body that is then refused.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
 */
export function deferContinue(server: Server): void {
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    server.emit("request", request, response);
  });
}

/** Sends `100 Continue` if the client waits for it: call this when the request's body is going to be read. */
export function sendContinue(response: ServerResponse): void {
  if (waiting.delete(response)) response.writeContinue();
}
