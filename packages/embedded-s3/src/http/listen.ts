import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { StoreStartError, systemCode } from "../core/store-start-error.ts";

export interface ListeningAddress {
  /** The URL to give to clients. */
  readonly endpoint: string;
  readonly port: number;
}

/** Errors of the host, whatever the port. */
const hostFaults = new Set(["ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** @throws {StoreStartError} for the option "port" or "host" */
export async function listen(server: Server, host: string, port: number): Promise<ListeningAddress> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw hostFaults.has(code)
      ? new StoreStartError(
          "host",
          `cannot listen there (${code}); takes an address or a name of this machine`,
          error,
        )
      : new StoreStartError(
          "port",
          `cannot listen there on ${host} (${code}); takes a free port, or 0 for any`,
          error,
        );
  }
  const { port: taken } = server.address() as AddressInfo;
  const reachable = isWildcard(host) ? (firstExternalAddress() ?? "127.0.0.1") : host;
  return { endpoint: `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${taken}`, port: taken };
}

export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** The address by which other machines most likely reach this one. */
function firstExternalAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
}
