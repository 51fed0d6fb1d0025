import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { Connections } from "../../../src/http/connections.ts";

async function startWatchedServer() {
  const connections = new Connections();
  const server = createServer((_request, response) => response.end("served"));
  connections.watch(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const send = async (socket: ReturnType<typeof connect>) => {
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    return String((await once(socket, "data"))[0]);
  };
  return { connections, server, port, send };
}

test("a server that stops accepting refuses new connections, serves those that are open, and then closes", async () => {
  const { connections, server, port, send } = await startWatchedServer();
  const open = connect(port, "127.0.0.1");
  expect(await send(open)).toContain("served");
  await connections.stopAccepting();
  await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const closed = new Promise((resolve) => server.close(resolve));
  expect(await send(open)).toContain("served");
  open.end();
  await closed;
});

test("a server that stops accepting without an open connection closes", async () => {
  const { connections, server } = await startWatchedServer();
  await connections.stopAccepting();
  await new Promise((resolve) => server.close(resolve));
  expect(server.listening).toBe(false);
});

test("connections that were made before a server stops accepting are not reset", async () => {
  const { connections, port, send } = await startWatchedServer();
  const sockets = Array.from({ length: 50 }, () => connect(port, "127.0.0.1"));
  const responses = Promise.all(sockets.map(send));
  // Each of them is in the system's queue now, and none is accepted.
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  await connections.stopAccepting();
  expect(await responses).toHaveLength(50);
  for (const socket of sockets) socket.destroy();
});
