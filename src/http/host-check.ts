import type { IncomingMessage } from "node:http";
import { ValetKeyError } from "../core/errors.ts";
import { isLoopbackHost } from "../core/loopback.ts";

/**
 * Protects a development server on loopback against DNS rebinding: a web page whose own name resolves to 127.0.0.1
 * would be of the same origin as the server. So only loopback names and the hosts of `origins` are accepted.
 */
export class HostCheck {
  readonly #hosts: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#hosts = new Set(origins.map((origin) => new URL(origin).hostname));
  }

  error({ headers: { host = "" } }: IncomingMessage): Error | undefined {
    const name = host.replace(/:\d*$/, "").toLowerCase();
    // Browsers always send a host.
    if (name === "" || isLoopbackHost(name) || this.#hosts.has(name)) return undefined;
    const message =
      `The host ${JSON.stringify(host.slice(0, 100))} is not a name of this development server. Use localhost, ` +
      "or add the origin at which you reach the server to VALETKEY_ORIGINS.";
    return Object.assign(new ValetKeyError("FORBIDDEN", message), { statusCode: 403 });
  }
}
