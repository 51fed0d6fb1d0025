import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Closable, startTogether } from "./resources.ts";

export interface ThrottlingProxy extends Closable {
  readonly url: string;
}

/** Starts a TCP proxy whose clients upload at most `bytesPerSecond` per connection, as on a slow line. */
export function startThrottlingProxy(target: string, bytesPerSecond: number): Promise<ThrottlingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => {
      client.pause();
      upstream.write(chunk);
      setTimeout(() => client.resume(), (chunk.length / bytesPerSecond) * 1000);
    });
    client.on("end", () => upstream.end());
    client.on("close", () => upstream.destroy());
    upstream.pipe(client);
    // If bytes of the client are unread, this resets its connection, as a server that closes would.
    upstream.on("close", () => client.destroySoon());
  });
  return startTogether(async (started) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    started.defer(async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
}
