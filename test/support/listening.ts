import { createServer, type RequestListener, type Server } from "node:http";
import { type Closable, startTogether } from "./resources.ts";

/** Listens on a free port of 127.0.0.1. Returns the origin: `http://127.0.0.1:PORT`. */
export async function listenOnLoopback(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
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

/** Starts an HTTP server on a free port of 127.0.0.1. Closing it ends every connection. */
export function startHttpServer(handle?: RequestListener): Promise<HttpServer> {
  return startTogether(async (started) => {
    const server = createServer(handle);
    const url = await listenOnLoopback(server);
    started.defer(() => stopListening(server));
    return { url, port: Number(new URL(url).port), server };
  });
}
