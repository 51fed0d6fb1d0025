import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { stopAccepting } from "./accept-queue.ts";

declare module "fastify" {
  interface FastifyInstance {
    connections: Connections;
  }
}

/**
 * The open connections, for a graceful shutdown. Node's `closeIdleConnections` counts a connection that has never
 * sent anything as busy, and Node calls it as soon as a server stops listening.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #held = new Set<Socket>();
  readonly #servers: Server[] = [];
  readonly #closeIdle: (() => void)[] = [];
  #isGentle = false;

  /** Whether responses should let clients keep their connections, although the server is going to stop. */
  keepsOpen = false;

  watch(server: Server): void {
    this.#servers.push(server);
    const closeIdle = server.closeIdleConnections.bind(server);
    this.#closeIdle.push(closeIdle);
    server.closeIdleConnections = () => {
      if (!this.#isGentle) closeIdle();
    };
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

  /**
   * Refuses new connections, and resets none that is about to be accepted. Idle ones stay open, because a proxy may be
   * sending a request on one.
   */
  async stopAccepting(): Promise<void> {
    this.#isGentle = true;
    await Promise.all(this.#servers.filter(({ listening }) => listening).map(stopAccepting));
  }

  /** Closes the connections that wait for their next request. */
  closeIdle(): void {
    // Directly after the event loop has read what has arrived, so that no request is lost in the socket's buffer.
    setImmediate(() => {
      for (const closeIdle of this.#closeIdle) closeIdle();
    });
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
