import type { IncomingHttpHeaders } from "node:http";
import { parse } from "cookie";
import type { FastifyRequest } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import { hasPreflightedHeader } from "./cross-site-requests.ts";

export interface TokenCookieOptions {
  readonly name: string;
  /** Exact origins whose pages may send the cookie, in addition to the server's own. */
  readonly origins: readonly string[];
}

/**
 * Takes the token from a cookie. Browsers attach cookies by themselves, so a page of any other site could act as its
 * visitor. A request therefore acts on its cookie only if it needed a CORS preflight, and only if the headers that
 * browsers write do not name another site: docs/decisions/0037-sign-in.md
 */
export class TokenCookie {
  readonly #name: string;
  readonly #origins: ReadonlySet<string>;

  constructor({ name, origins }: TokenCookieOptions) {
    this.#name = name;
    this.#origins = new Set(origins);
  }

  /**
   * The headers of the request, with the token of the cookie as the Authorization header if the request has none.
   * Requests that do not act, such as the navigation to a page, never get it.
   * @throws {ValetKeyError} FORBIDDEN for a page of another site; UNAUTHENTICATED for several cookies of the name
   */
  withToken(request: FastifyRequest): IncomingHttpHeaders {
    const { headers } = request;
    if (headers.authorization || !hasPreflightedHeader(request)) return headers;
    const [token, ...others] = this.#valuesIn(headers.cookie ?? "");
    if (token === undefined) return headers;
    if (!this.#isOwnOrAllowed(request)) throw this.#crossSiteError(headers.origin);
    if (others.length > 0) {
      // A page on a sibling host may have added one, so that its visitor acts as somebody else.
      const message = `The request has several cookies named ${this.#name}. Delete them, and sign in again.`;
      throw new ValetKeyError("UNAUTHENTICATED", message);
    }
    return { ...headers, authorization: `Bearer ${token}` };
  }

  /** An empty cookie counts as none. */
  #valuesIn(header: string): readonly string[] {
    const candidates = header.split(";").filter((pair) => pair.includes(this.#name));
    return candidates.flatMap((pair) => parse(pair)[this.#name] || []);
  }

  /** Scripts cannot write `Sec-Fetch-Site` and `Origin`. Programs that are not browsers send neither. */
  #isOwnOrAllowed({ headers, host }: FastifyRequest): boolean {
    const { origin, "sec-fetch-site": site } = headers;
    if (origin !== undefined && this.#origins.has(origin)) return true;
    if (site !== undefined) return site === "same-origin" || (site === "none" && origin === undefined);
    return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host.toLowerCase());
  }

  #crossSiteError(origin: string | undefined): Error {
    const page = origin === undefined ? "another site" : JSON.stringify(origin.slice(0, 300));
    const message =
      `Pages of ${page} may not act with the cookie ${this.#name}: the operator has to add their origin to ` +
      "VALETKEY_ORIGINS, or the page has to send the token in the Authorization header.";
    return Object.assign(new ValetKeyError("FORBIDDEN", message), { statusCode: 403 });
  }
}
