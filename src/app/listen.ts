import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { hostFault, isHostFault } from "./listen-fault.ts";

/**
 * @returns the server's URL
 * @throws {ConfigError} naming HOST or PORT
 */
export async function listen(http: FastifyInstance, config: Config): Promise<string> {
  const { host, port } = config;
  try {
    await http.listen({ host, port });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (isHostFault(code)) throw hostFault(config, code, cause);
    throw new ConfigError(
      `PORT: got ${port}, cannot listen there on ${host} (${code}); takes a free port, or 0 for any`,
      { cause },
    );
  }
  const { port: actualPort } = http.server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`;
}
