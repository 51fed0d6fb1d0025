import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

declare module "fastify" {
  interface FastifyInstance {
    connections: Connections;
  }
}

/**
 * A server's open connections, for the time when it stops. Node's `closeIdleConnections` takes one that never
 * sent anything for one that is busy.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #held = new Set<Socket>();

  constructor(server: Server) {
    server.on("connection", (socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /** What this answers has something to bring to an end: `closeRest` leaves its connection open. */
  hold(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#held.add(socket);
    response.once("close", () => this.#held.delete(socket));
  }

  /** Closes those on which nothing was ever sent. */
  closeUnused(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Closes those that are not held, whatever they are waiting for. */
  closeRest(): void {
    for (const socket of this.#open) if (!this.#held.has(socket)) socket.destroy();
  }
}
