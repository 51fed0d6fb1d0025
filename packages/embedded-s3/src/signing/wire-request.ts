import type { IncomingMessage } from "node:http";

/** The parts of an HTTP request that a signature covers, as they came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Still percent-encoded, without "?". */
  readonly query: string;
  /** Names in lower case. Repeated headers are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

export function toWireRequest(incoming: IncomingMessage): WireRequest {
  const url = (incoming.url ?? "/").replace(/^https?:\/\/[^/]*/i, "");
  const question = url.indexOf("?");
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const name = (incoming.rawHeaders[index] ?? "").toLowerCase();
    const value = incoming.rawHeaders[index + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return {
    method: incoming.method ?? "",
    path: question === -1 ? url : url.slice(0, question),
    query: question === -1 ? "" : url.slice(question + 1),
    headers,
  };
}
