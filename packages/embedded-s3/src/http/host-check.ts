import { isIP } from "node:net";
import { StoreError } from "../core/store-error.ts";

const loopbackName = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Protects against DNS rebinding: a web page whose host name resolves to this machine could otherwise talk to the store as if it had
 * the same origin. Only loopback names, the host that the store listens on, the public hosts and, if the store does not
 * listen on a loopback address, IP addresses are accepted. The host name of such a page is never an IP address.
 * @param hostHeader the Host header of a request
 * @param listeningHost the host that the store was told to listen on
 * @param publicHosts other names of the store, in lower case
 * @throws {StoreError} AccessDenied (403)
 */
export function assertKnownHost(
  hostHeader: string | undefined,
  listeningHost: string,
  publicHosts: readonly string[] = [],
): void {
  const name = (hostHeader ?? "").replace(/:\d{0,5}$/, "").toLowerCase();
  const listening = listeningHost.toLowerCase();
  const isOwn = [listening, ...publicHosts].some((host) => name === host || name.endsWith(`.${host}`));
  if (isOwn || loopbackName.test(name)) return;
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
  if (isAddress && !loopbackName.test(isIP(listening) === 6 ? `[${listening}]` : listening)) return;
  throw new StoreError(
    403,
    "AccessDenied",
    `The embedded store does not accept requests for the host ${JSON.stringify(name.slice(0, 100))}. To reach it by that name, let it listen on that name, or make it a public host.`,
  );
}
