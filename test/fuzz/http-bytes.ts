import { Random } from "../support/random.ts";
import { changeBytes } from "./forms.ts";
import type { FuzzCase, Fuzzer } from "./fuzz-case.ts";

const json = JSON.stringify({ query: "{ viewer { subject } }" });
const head = (line: string, headers: readonly string[]) =>
  `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n`;

/** Valid requests, of every kind that the server takes. */
const requests: Readonly<Record<string, () => string>> = {
  "a query": () =>
    head("POST /graphql", ["Content-Type: application/json", `Content-Length: ${json.length}`]) + json,
  "a query in chunks": () =>
    `${head("POST /graphql", ["Content-Type: application/json", "Transfer-Encoding: chunked"])}${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`,
  "a query by GET": () =>
    head("GET /graphql?query=%7Bviewer%7Bsubject%7D%7D", ["Apollo-Require-Preflight: 1"]),
  "a preflight": () =>
    head("OPTIONS /graphql", ["Origin: https://a.example", "Access-Control-Request-Method: POST"]),
  "a health check": () => head("GET /healthz", []),
  "an unknown path": () => head("GET /nothing", []),
  "a form": () => {
    const form = `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}\r\n--b--\r\n`;
    return (
      head("POST /graphql", [
        "Content-Type: multipart/form-data; boundary=b",
        "Apollo-Require-Preflight: 1",
        `Content-Length: ${form.length}`,
      ]) + form
    );
  },
};

type Change = (text: string, random: Random) => string;

const addHeader = (text: string, line: string) => text.replace("\r\n", `\r\n${line}\r\n`);

const changes: Readonly<Record<string, Change>> = {
  "both lengths": (text, random) =>
    addHeader(
      text,
      random.pick([
        "Transfer-Encoding: chunked",
        "Content-Length: 5",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Transfer-Encoding\r\n: chunked",
      ]),
    ),
  "a wrong length": (text, random) =>
    text.replace(
      /Content-Length: \d+/,
      `Content-Length: ${random.pick(["0", "-1", "1e3", "0x10", "+5", "05", "5, 5", "5,6", "99999999999999999999", "", "4 4", "1\r\nContent-Length: 2"])}`,
    ),
  "chunk sizes": (text, random) =>
    text.replace(
      /\r\n[0-9a-f]+\r\n(?=\{)/,
      `\r\n${random.pick(["ffffffffffffffff", "-1", "0x5", "5;ext=1", `5;${"e".repeat(random.magnitude(1, 40_000))}`, " 5", "5 ", "g", "00000000000005", "1\r\n{\r\n", "0\r\n\r\nGET /healthz HTTP/1.1\r\n"])}\r\n`,
    ),
  trailers: (text, random) =>
    text.replace(
      "\r\n0\r\n\r\n",
      `\r\n0\r\n${random.pick(["X: 1\r\n", "Content-Length: 5\r\n", "Authorization: Bearer x\r\n", `X: ${"t".repeat(random.magnitude(1, 40_000))}\r\n`])}\r\n`,
    ),
  "a large header": (text, random) =>
    addHeader(text, `X-Large: ${"h".repeat(random.magnitude(1_000, 200_000))}`),
  "many headers": (text, random) =>
    addHeader(
      text,
      Array.from({ length: random.magnitude(10, 5_000) }, (_, index) => `X-${index}: ${index}`).join("\r\n"),
    ),
  "a hostile header": (text, random) =>
    addHeader(
      text,
      random.pick([
        "Host: other.example",
        "Expect: 100-continue",
        "Expect: 200-ok",
        "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Upgrade: websocket\r\nConnection: upgrade",
        "Connection: close, Authorization",
        "Content-Encoding: gzip",
        "Content-Type: application/json; charset=utf-7",
        "Content-Type: application/json;",
        "Accept: text/html",
        "Accept: */*;q=0",
        `Accept: ${"a/b,".repeat(random.magnitude(1, 3_000))}`,
        "X-Forwarded-For: 1.2.3.4, ::1",
        "Origin: null",
        "Cookie: a=b; a",
        "Authorization: Bearer",
        "Authorization: Bearer a.b.c",
        "Authorization: Basic YTpi",
        "Range: bytes=0-",
        "traceparent: 00-0-0-0",
        " folded: 1",
        "X: a\r\n folded",
        "X: a\rb",
        "X: a\0b",
        "X\0: a",
        ": empty",
        "X",
        "Header With Space: 1",
        "Content-Type: multipart/form-data; boundary=b",
      ]),
    ),
  "a hostile line": (text, random) =>
    text.replace(
      /^[^\r]*/,
      random.pick([
        "GET  /healthz HTTP/1.1",
        "GET /healthz HTTP/1.0",
        "GET /healthz HTTP/2.0",
        "GET /healthz HTTP/9.9",
        "GET /healthz",
        "GET http://other.example/graphql HTTP/1.1",
        "GET //graphql HTTP/1.1",
        "GET /graphql?%zz HTTP/1.1",
        "GET /%00 HTTP/1.1",
        "GET /../../etc/passwd HTTP/1.1",
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT a.example:443 HTTP/1.1",
        "TRACE /graphql HTTP/1.1",
        "PRI * HTTP/2.0",
        "FOO /graphql HTTP/1.1",
        "get /healthz HTTP/1.1",
        "GET /healthz\tHTTP/1.1",
        "GET /caf\xe9 HTTP/1.1",
        `GET /${"p".repeat(random.magnitude(1_000, 100_000))} HTTP/1.1`,
        `GET /graphql?query=${"%7B".repeat(random.magnitude(1, 5_000))} HTTP/1.1`,
        `GET /graphql?${"a=b&".repeat(random.magnitude(1, 3_000))} HTTP/1.1`,
        "HEAD /graphql HTTP/1.1",
        "DELETE /graphql HTTP/1.1",
        "PUT /metrics HTTP/1.1",
        "GET /metrics HTTP/1.1",
        "GET /readyz?x HTTP/1.1",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
      ]),
    ),
  "line ends": (text, random) => text.replaceAll("\r\n", random.pick(["\n", "\r", "\n\r"])),
  pipelining: (text, random) => text.repeat(random.magnitude(2, 300)),
  "two requests": (text, random) => text + random.pick(Object.values(requests))(),
  "empty lines before it": (text, random) => "\r\n".repeat(random.magnitude(1, 10_000)) + text,
  "cut off": (text, random) => text.slice(0, random.below(text.length)),
};

/** Bytes on a connection: valid requests with changes in their framing, their header or anywhere. */
export class HttpFuzzer implements Fuzzer {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): FuzzCase {
    const random = this.#random;
    let text = random.pick(Object.values(requests))();
    const names = Array.from({ length: random.below(3) }, () => random.pick(Object.keys(changes)));
    for (const name of names) text = changes[name]?.(text, random) ?? text;
    let bytes = Buffer.from(text, "latin1");
    if (random.chance(0.3)) {
      names.push("bytes changed");
      bytes = Buffer.from(changeBytes(bytes, random));
    }
    const [first = "valid"] = names;
    return { shape: names.length > 1 ? "several changes" : first, bytes, isWellFramed: false };
  }
}

/** What RFC 9112, section 6.3, forbids to accept: two different statements of where the first request ends. */
export function hasAmbiguousLength(bytes: Buffer): boolean {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const [requestLine = "", ...lines] = text.slice(0, end === -1 ? 0 : end).split("\r\n");
  if (!/^[A-Z]+ \S+ HTTP\/1\.1$/.test(requestLine) || !lines.every((line) => /^[\w-]+: [\t -~]*$/.test(line)))
    return false;
  const values = (name: string) =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  const lengths = values("content-length");
  return (lengths.length > 0 && values("transfer-encoding").length > 0) || new Set(lengths).size > 1;
}
