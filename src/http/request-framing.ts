import type { IncomingMessage } from "node:http";
import { ValetKeyError } from "../core/errors.ts";

/** `uri-host [ ":" port ]`: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2 */
const hostAndPort = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i;

/**
 * Checks the rules of HTTP/1.1 that Node's parser leaves to the server. Two programs that read the same bytes
 * differently can be made to see different requests, so a request that breaks these rules is refused and its
 * connection is closed. The parser itself refuses duplicate and malformed Content-Length headers, Content-Length
 * beside Transfer-Encoding, and malformed chunks.
 */
export function framingError(request: IncomingMessage): Error | undefined {
  const { headers, httpVersion } = request;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return toError(505, "This server speaks HTTP/1.1.");
  }
  // https://www.rfc-editor.org/rfc/rfc9112#section-3.2
  const { host } = headers;
  if (host === undefined) {
    if (httpVersion === "1.1") return toError(400, "A request needs the header Host.");
  } else {
    if (hasTwoHosts(request.rawHeaders)) return toError(400, "A request has one header Host, not several.");
    if (!hostAndPort.test(host)) {
      return toError(400, "The header Host must be a host name or address, with an optional port.");
    }
  }
  // https://www.rfc-editor.org/rfc/rfc9112#section-6.1
  const encoding = headers["transfer-encoding"];
  if (encoding === undefined) return undefined;
  if (httpVersion === "1.0") return toError(400, "HTTP/1.0 has no Transfer-Encoding.");
  if (encoding.trim().toLowerCase() !== "chunked") {
    return toError(501, "The only supported Transfer-Encoding is chunked.");
  }
  return undefined;
}

/** Node keeps the first of several Host lines in `headers`; `rawHeaders` alternates names and values. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count > 1;
}

function toError(statusCode: number, message: string): Error {
  return Object.assign(new ValetKeyError("BAD_USER_INPUT", message), { statusCode });
}
