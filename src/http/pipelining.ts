import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

type Waiting = readonly [IncomingMessage, ServerResponse];

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
  /** The waiting requests of each connection that has a request in progress. */
  readonly #connections = new Map<Socket, Waiting[]>();
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
    const { socket } = request;
    const queue = this.#connections.get(socket);
    if (queue === undefined) {
      this.#connections.set(socket, []);
      this.#start(socket, request, response);
      return;
    }
    if (queue.length === 0) this.#beginWaiting(socket, queue);
    queue.push([request, response]);
    this.#waiting += 1;
    if (this.#waiting > this.#maxWaiting) this.#closeLongest();
  };

  #start(socket: Socket, request: IncomingMessage, response: ServerResponse): void {
    response.once("close", () => this.#continue(socket));
    this.#handler(request, response);
  }

  #beginWaiting(socket: Socket, queue: Waiting[]): void {
    socket.pause();
    // Node resumes the socket for the body of the request that is in progress.
    const stayPaused = () => {
      if (queue.length > 0) socket.pause();
      else socket.off("resume", stayPaused);
    };
    socket.on("resume", stayPaused);
  }

  #continue(socket: Socket): void {
    const queue = this.#connections.get(socket);
    if (queue === undefined) return;
    if (socket.destroyed || queue.length === 0) {
      this.#forget(socket, queue);
      return;
    }
    setImmediate(() => {
      const next = socket.destroyed ? undefined : queue.shift();
      if (next === undefined) {
        this.#forget(socket, queue);
        return;
      }
      this.#waiting -= 1;
      if (queue.length === 0) socket.resume();
      this.#start(socket, ...next);
    });
  }

  #forget(socket: Socket, queue: Waiting[]): void {
    this.#waiting -= queue.length;
    queue.length = 0;
    this.#connections.delete(socket);
  }

  #closeLongest(): void {
    let longest: [Socket, Waiting[]] | undefined;
    for (const entry of this.#connections) {
      if (longest === undefined || entry[1].length > longest[1].length) longest = entry;
    }
    if (longest === undefined) return;
    const [socket, queue] = longest;
    this.#waiting -= queue.length;
    queue.length = 0;
    socket.destroy();
  }
}
