/** One request, or several on one connection, that a fuzzer has made up. */
export interface FuzzCase {
  /** The kind of request, for a report. */
  readonly shape: string;
  /** What is written to a connection of its own. */
  readonly bytes: Buffer;
  /** Whether it is one complete request, so that one response must follow. */
  readonly isWellFramed: boolean;
  /** The same case with other bytes, so that the server does not recognize the document. */
  renewed?(count: number): Buffer;
}

/** The same seed gives the same cases. */
export interface Fuzzer {
  next(): FuzzCase;
}

/** Renders one complete HTTP request, after whose response the server closes the connection. */
export function renderRequest(
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
  path = "/graphql",
): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    host: "127.0.0.1",
    connection: "close",
    "content-length": String(bytes.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), bytes]);
}

/** A GraphQL request in JSON. A comment at the end of the document makes it another document. */
export function graphqlCase(shape: string, request: object): FuzzCase {
  const render = (body: object) =>
    renderRequest(JSON.stringify(body), { "content-type": "application/json" });
  const query = "query" in request ? request.query : undefined;
  return {
    shape,
    bytes: render(request),
    isWellFramed: true,
    ...(typeof query === "string" && {
      renewed: (count: number) => render({ ...request, query: `${query}#${count}` }),
    }),
  };
}
