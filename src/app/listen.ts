import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { hostFault, isHostFault } from "./listen-fault.ts";

export interface ListenOptions extends Pick<Config, "host" | "port" | "nameOf"> {
  /** Default: `PORT`. */
  readonly portVariable?: string;
}

/**
 * @returns the server's URL
 * @throws {ConfigError} naming HOST or the variable of the port
 */
export async function listen(http: FastifyInstance, options: ListenOptions): Promise<string> {
  const { host, port, nameOf, portVariable = "PORT" } = options;
  try {
    await http.listen({ host, port });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (isHostFault(code)) throw hostFault(options, code, cause);
    throw new ConfigError(
      `${nameOf(portVariable)}: got ${port}, cannot listen there on ${host} (${code}); takes a free port, or 0 for any`,
      { cause },
    );
  }
  const { port: actualPort } = http.server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`;
}
