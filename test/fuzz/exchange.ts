import { connect } from "node:net";

export interface FuzzResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Exchange {
  readonly responses: readonly FuzzResponse[];
  /** Whether the server ended the connection in time. */
  readonly isClosed: boolean;
}

const silenceMs = 300;

/**
 * Writes bytes to a connection of its own and reads until the server closes it. Bytes that may be an incomplete request are
 * followed by the end of the connection, once the server has been silent for a while.
 */
export function exchange(
  port: number,
  bytes: Buffer,
  { isWellFramed, timeoutMs = 120_000 }: { isWellFramed: boolean; timeoutMs?: number },
): Promise<Exchange> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let silence: NodeJS.Timeout | undefined;
    const waitForSilence = () => {
      if (isWellFramed) return;
      clearTimeout(silence);
      silence = setTimeout(() => socket.end(), silenceMs);
    };
    const done = (isClosed: boolean) => {
      clearTimeout(silence);
      clearTimeout(timer);
      socket.destroy();
      resolve({ responses: parseResponses(Buffer.concat(received)), isClosed });
    };
    const timer = setTimeout(() => done(false), timeoutMs);
    socket.on("data", (chunk) => {
      received.push(chunk);
      waitForSilence();
    });
    // The server may close before it has read everything.
    socket.on("error", () => {});
    socket.on("end", () => done(true)).on("close", () => done(true));
    socket.write(bytes, waitForSilence);
  });
}

/** Parses responses one after the other, without those that only inform. */
export function parseResponses(bytes: Buffer): FuzzResponse[] {
  const responses: FuzzResponse[] = [];
  let rest = bytes.toString("latin1");
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return responses;
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n");
    const header = (name: string) =>
      lines
        .find((line) => line.toLowerCase().startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
    rest = rest.slice(end + 4);
    const isChunked = header("transfer-encoding") === "chunked";
    // No body of the server begins so: it is the next response. A response to HEAD says how long the body would be.
    const hasBody = !rest.startsWith("HTTP/1.1 ");
    const bytesOfBody = hasBody ? Number(header("content-length") ?? 0) : 0;
    const { body, after } = isChunked && hasBody ? chunkedBody(rest) : splitAt(rest, bytesOfBody);
    rest = after;
    if (status >= 100 && status < 200) continue;
    responses.push({
      status,
      contentType: header("content-type") ?? "",
      body: Buffer.from(body, "latin1").toString(),
    });
  }
}

const splitAt = (text: string, length: number) => ({
  body: text.slice(0, length),
  after: text.slice(length),
});

function chunkedBody(text: string): { body: string; after: string } {
  let body = "";
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(length)) return { body, after: "" };
    if (length === 0) return { body, after: text.slice(lineEnd + 4) };
    body += text.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 2 + length + 2;
  }
}
