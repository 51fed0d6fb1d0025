import { createServer, type RequestListener, type Server } from "node:http";
import { type Closable, startTogether } from "./resources.ts";

/** Listens on a port of 127.0.0.1, by default on a free one. Returns the origin: `http://127.0.0.1:PORT`. */
export async function listenOnLoopback(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

/** Stops listening and ends every connection. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export interface HttpServer extends Closable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

/** Starts an HTTP server on a port of 127.0.0.1, by default on a free one. Closing it ends every connection. */
export function startHttpServer(handle?: RequestListener, port?: number): Promise<HttpServer> {
  return startTogether(async (started) => {
    // A client that reuses a connection just when the server closes it loses its request, so this is long.
    const server = createServer({ keepAliveTimeout: 72_000 }, handle);
    const url = await listenOnLoopback(server, port);
    started.defer(() => stopListening(server));
    return { url, port: Number(new URL(url).port), server };
  });
}
