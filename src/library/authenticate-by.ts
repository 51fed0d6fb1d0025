import type { IncomingHttpHeaders } from "node:http";
import type { Logger } from "pino";
import { ValetKeyError } from "../core/errors.ts";
import type { Principal } from "../core/principal.ts";
import type { ValetKeyOptions } from "./options.ts";
import { parsePrincipal } from "./principal.ts";

type Authenticate = NonNullable<ValetKeyOptions["authenticate"]>;

/** Asks the operator's function for the caller of a request. If it fails, or returns no principal, the request fails. */
export function authenticateBy(authenticate: Authenticate, log: Pick<Logger, "warn">) {
  return async (headers: IncomingHttpHeaders): Promise<Principal> => {
    try {
      return parsePrincipal(await authenticate({ headers: toHeaders(headers) }));
    } catch (error) {
      if (error instanceof ValetKeyError && error.code === "UNAUTHENTICATED") throw error;
      log.warn({ err: error }, "authenticate has failed: the request is refused");
      throw new ValetKeyError("UNAUTHENTICATED", "You could not be authenticated.", { cause: error });
    }
  };
}

function toHeaders(given: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    // HTTP/2 has names such as `:path`, which are no headers.
    if (value === undefined || name.startsWith(":")) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  return headers;
}
