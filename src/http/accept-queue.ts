import type { Server } from "node:http";
import { createServer } from "node:net";

/** An iteration of the event loop in which so little happened that hardly a connection has arrived since its start. */
const quietMs = 0.05;
/** For a server under so much load that there are no such iterations. */
const maxWaitMs = 2000;
/** What `close` of a server of node:net does. That of node:http also closes idle connections, before it stops listening. */
const closeListener = createServer().close;

/**
 * Closes the server's listener when no connection waits in the system's queue for this process. The system resets those
 * connections, and a proxy that has sent a request on one loses it. Node accepts one connection in each iteration of the
 * event loop, so the queue is empty after an iteration without a new connection.
 */
export async function stopAccepting(server: Server): Promise<void> {
  await rehearse();
  let accepted = false;
  const onConnection = () => {
    accepted = true;
  };
  server.on("connection", onConnection);
  await new Promise<void>((resolve) => {
    const endsAtMs = performance.now() + maxWaitMs;
    // The first call belongs to an iteration whose start was not seen.
    let startedAtMs = Number.NEGATIVE_INFINITY;
    const look = () => {
      const nowMs = performance.now();
      if ((!accepted && nowMs - startedAtMs < quietMs) || nowMs > endsAtMs) {
        closeListener.call(server);
        resolve();
        return;
      }
      accepted = false;
      startedAtMs = nowMs;
      setImmediate(look);
    };
    setImmediate(look);
  });
  server.off("connection", onConnection);
}

/** Runs the code that closes a listener in advance, because it takes three times as long when it is run first. */
function rehearse(): Promise<void> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve()).once("close", () => resolve());
    // Without `exclusive`, a worker would ask the primary process to listen.
    server.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => closeListener.call(server));
  });
}
