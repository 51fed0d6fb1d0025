import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type Principal, service } from "../core/principal.ts";
import { exposeErrors } from "../graphql/operation/public-schema.ts";
import { resolversOf } from "../graphql/operation/resolvers-of.ts";
import { createSchema, printTypes } from "../graphql/schema.ts";
import type { ValetKeyOptions } from "../library/options.ts";
import { parsePrincipal } from "../library/principal.ts";
import { Session } from "../library/session.ts";
import type { RequestOptions, ValetKey } from "../library/valet-key.ts";
import { configFromOptions } from "./config/config-from-options.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import { rememberRuntime } from "./runtime-of.ts";

/**
 * Starts Valet Key as a part of another server. Several of them in one process share nothing.
 *
 * @throws {ConfigError} naming every option that is unknown, malformed, out of range or missing
 */
export async function createValetKey(options: ValetKeyOptions): Promise<ValetKey> {
  const runtime = await startRuntime(configFromOptions(options), {
    ...options,
    log: options.log as Logger | undefined,
  });
  const schema = exposeErrors(await createSchema({ federation: runtime.config.federation }));
  const sessionFor = (principal: Principal, options?: RequestOptions) =>
    new Session({ schema: runtime.schema, createContext: () => contextFor(runtime, principal, options) });
  const valetKey: ValetKey = {
    for: (principal, request) => sessionFor(parsePrincipal(principal), request),
    asService: () => sessionFor(service),
    schema,
    typeDefs: printTypes(schema),
    resolvers: resolversOf(schema),
    async context({ principal, signal }) {
      return { valetKey: await contextFor(runtime, parsePrincipal(principal), { signal }) };
    },
    close: () => runtime.close(),
  };
  rememberRuntime(valetKey, runtime);
  return valetKey;
}

/** The server that this is a part of limits how long a request may take. */
function contextFor(runtime: Runtime, principal: Principal, { signal }: RequestOptions = {}) {
  return runtime.createContext({
    principal,
    requestId: randomUUID(),
    connection: {
      get destroyed() {
        return signal?.aborted ?? false;
      },
    },
    sendsFiles: true,
  });
}
