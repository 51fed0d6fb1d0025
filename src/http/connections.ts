import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

declare module "fastify" {
  interface FastifyInstance {
    connections: Connections;
  }
}

/**
 * The open connections, for a graceful shutdown. Node's `closeIdleConnections` counts a connection that has never
 * sent anything as busy.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #held = new Set<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /** Keeps `closeRest` from closing the connection of a response before the response has ended. */
  hold(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#held.add(socket);
    response.once("close", () => this.#held.delete(socket));
  }

  /** Closes the connections on which no client has ever sent anything. */
  closeUnused(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Closes the connections that are not held, whatever they are waiting for. */
  closeRest(): void {
    for (const socket of this.#open) if (!this.#held.has(socket)) socket.destroy();
  }
}
