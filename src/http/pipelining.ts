import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  readonly socket: Socket;
  readonly waiting: (readonly [IncomingMessage, ServerResponse])[];
  hasRequestInProgress: boolean;
}

/** About 30 MB: Node makes a request and a response object for each request as soon as it has parsed it. */
const defaultMaxWaiting = 10_000;

/**
 * Handles the requests of a connection one after the other. Node calls the handler for every pipelined request that it
 * finds in a packet, thousands of them at once, and other connections would wait for all of them. Here a connection
 * starts one request in each turn of the event loop, and reads no further packet while requests are waiting.
 */
export class PipeliningLimit {
  readonly #handler: RequestListener;
  readonly #maxWaiting: number;
  readonly #connections = new Map<Socket, Connection>();
  #waiting = 0;

  constructor(handler: RequestListener, { maxWaiting = defaultMaxWaiting }: { maxWaiting?: number } = {}) {
    this.#handler = handler;
    this.#maxWaiting = maxWaiting;
  }

  /** The number of waiting requests of all connections. */
  get waiting(): number {
    return this.#waiting;
  }

  readonly handle: RequestListener = (request, response) => {
    const connection = this.#connections.get(request.socket) ?? this.#watch(request.socket);
    if (!connection.hasRequestInProgress) {
      this.#start(connection, request, response);
      return;
    }
    if (connection.waiting.length === 0) this.#beginWaiting(connection);
    connection.waiting.push([request, response]);
    this.#waiting += 1;
    if (this.#waiting > this.#maxWaiting) this.#closeLongest();
  };

  #watch(socket: Socket): Connection {
    const connection: Connection = { socket, waiting: [], hasRequestInProgress: false };
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#dropWaiting(connection);
      this.#connections.delete(socket);
    });
    return connection;
  }

  #start(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.hasRequestInProgress = true;
    response.once("close", () => this.#continue(connection));
    this.#handler(request, response);
  }

  #beginWaiting({ socket, waiting }: Connection): void {
    socket.pause();
    // Node resumes the socket for the body of the request that is in progress.
    const stayPaused = () => {
      if (waiting.length > 0) socket.pause();
      else socket.off("resume", stayPaused);
    };
    socket.on("resume", stayPaused);
  }

  #continue(connection: Connection): void {
    const { socket, waiting } = connection;
    // Also if none is waiting yet: Node may parse the next request of the same packet before the event loop comes around.
    setImmediate(() => {
      const next = socket.destroyed ? undefined : waiting.shift();
      if (next === undefined) {
        connection.hasRequestInProgress = false;
        return;
      }
      this.#waiting -= 1;
      if (waiting.length === 0) socket.resume();
      this.#start(connection, ...next);
    });
  }

  #dropWaiting({ waiting }: Connection): void {
    this.#waiting -= waiting.length;
    waiting.length = 0;
  }

  #closeLongest(): void {
    let longest: Connection | undefined;
    for (const connection of this.#connections.values()) {
      if (longest === undefined || connection.waiting.length > longest.waiting.length) longest = connection;
    }
    if (longest === undefined) return;
    this.#dropWaiting(longest);
    longest.socket.destroy();
  }
}
