import type { Server } from "node:http";

/** An iteration of the event loop in which so little happened that hardly a connection has arrived since its start. */
const quietMs = 0.2;
/** For a server under so much load that there are no such iterations. */
const maxWaitMs = 2000;

/**
 * Calls `close` when no accepted connection waits in the system's queue for this process. Closing a server resets those
 * connections, and a proxy that has sent a request on one loses it. Node accepts one connection in each iteration of the
 * event loop, so the queue is empty after an iteration without a new connection.
 */
export function closeWhenQueueIsEmpty(server: Server, close: () => void): void {
  let accepted = false;
  const onConnection = () => {
    accepted = true;
  };
  server.on("connection", onConnection);
  const endsAtMs = performance.now() + maxWaitMs;
  const look = (startedAtMs: number) =>
    setImmediate(() => {
      const nowMs = performance.now();
      if ((!accepted && nowMs - startedAtMs < quietMs) || nowMs > endsAtMs) {
        server.off("connection", onConnection);
        close();
        return;
      }
      accepted = false;
      look(nowMs);
    });
  look(performance.now());
}
