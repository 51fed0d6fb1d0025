import { connect } from "node:net";

/**
 * Sends bytes as they are on a connection of its own, and reads nothing before all of them are written,
 * as many simple clients do. Resolves with everything that came until the server closed the connection.
 */
export function rawRequest(url: string, ...bytes: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname).on("error", reject).pause();
    socket.write(Buffer.concat(bytes.map((piece) => Buffer.from(piece))), () => {
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
      });
      socket.on("end", () => {
        socket.destroy();
        resolve(received);
      });
      socket.resume();
    });
  });
}

/** The first of the answers that `rawRequest` resolves with. */
export function parseAnswer(received: string): { status: number; headers: Headers; body: string } {
  const [head = "", ...rest] = received.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(": ", 2) as [string, string]));
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
