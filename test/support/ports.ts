import { once } from "node:events";
import { connect } from "node:net";
import { startHttpServer } from "./listening.ts";

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  await using server = await startHttpServer();
  return server.port;
}

/** Resolves when a connection to the port is accepted. */
export async function acceptsConnections(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const [event] = await Promise.race([
      once(socket, "connect").then(() => ["connect"]),
      once(socket, "error").then(() => ["error"]),
    ]).catch(() => ["error"]);
    socket.destroy();
    if (event === "connect") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
