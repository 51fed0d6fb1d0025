import { GraphQLObjectType, GraphQLScalarType, GraphQLSchema } from "graphql";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../../../src/core/metrics.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { noSharedMemory } from "../../../src/core/shared-memory.ts";
import { RequestContext } from "../../../src/graphql/context.ts";
import { createApollo, errorFormat } from "../../../src/graphql/operation/apollo.ts";
import { KnownDocuments } from "../../../src/graphql/operation/known-documents.ts";
import { PreparedOperations } from "../../../src/graphql/operation/prepared-operations.ts";
import type { Services } from "../../../src/graphql/services.ts";
import { createHttpServer } from "../../../src/http/server.ts";

const unserializable = {
  toJSON(): never {
    throw new RangeError("Invalid string length");
  },
};

/** A server whose only field has a value that cannot be written as JSON. */
async function startServer() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const type = new GraphQLScalarType({ name: "Unserializable", serialize: () => unserializable });
  const query = new GraphQLObjectType({ name: "Query", fields: { value: { type, resolve: () => "value" } } });
  const metrics = createMetrics();
  const schema = new GraphQLSchema({ query });
  const known = new KnownDocuments();
  const apollo = createApollo({ schema, production: true, metrics, log, known });
  const prepared = new PreparedOperations({
    schema,
    known,
    metrics,
    formatError: errorFormat({ production: true }),
  });
  await apollo.start();
  const services = { maxRequestMs: 60_000 } as Services;
  const server = await createHttpServer({
    ...{
      apollo,
      prepared,
      log,
      shedRequests: metrics.shedRequests,
      metrics: metrics.registry,
      origins: [],
      trustedProxies: undefined,
      maxFiles: 1,
      maxUploadBytes: 1,
      sharedMemory: noSharedMemory,
      accessLog: undefined,
      rateLimit: undefined,
      uploadRate: undefined,
    },
    makeContext: async (caller) => new RequestContext(services, { ...caller, grants: [], log }),
    authenticate: async () => anonymous,
    tokenCookie: undefined,
    allowLoopbackOrigins: false,
    developmentTokens: undefined,
    webClient: undefined,
    explorerDirectory: undefined,
    checkHost: false,
    readiness: { draining: false, reasonNotReady: async () => undefined },
  });
  onTestFinished(async () => {
    await server.close();
    await apollo.stop();
  });
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), lines };
}

test("a response that fails while it is created contains the request id, and the log has the whole error", async () => {
  const { url, lines } = await startServer();
  // Apollo executes the first request with a document, and the second one is prepared.
  for (const count of [1, 2]) {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ value }" }),
    });
    expect(response.status).toBe(500);
    const requestId = response.headers.get("x-request-id");
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId },
        },
      ],
    });
    const failures = lines.filter(({ level }) => level === 50);
    expect(failures).toHaveLength(count);
    expect(failures.at(-1)).toMatchObject({
      requestId,
      err: { type: "RangeError", message: "Invalid string length", stack: expect.any(String) },
    });
  }
});
