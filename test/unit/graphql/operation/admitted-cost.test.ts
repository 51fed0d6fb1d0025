import { HeaderMap } from "@apollo/server";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import { anonymous } from "../../../../src/core/principal.ts";
import { RequestContext } from "../../../../src/graphql/context.ts";
import { createApollo } from "../../../../src/graphql/operation/apollo.ts";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { createSchema } from "../../../../src/graphql/schema.ts";
import type { Services } from "../../../../src/graphql/services.ts";

const log = pino({ level: "silent" });
const schema = await createSchema();
const apollo = createApollo({
  schema,
  production: true,
  metrics: createMetrics(),
  log,
  known: new KnownDocuments(),
});
await apollo.start();

async function execute(
  query: string,
  variables: Record<string, unknown>,
  admit: (values: number) => Promise<void>,
) {
  const valetKey = new RequestContext({ maxRequestMs: 1000 } as Services, {
    principal: anonymous,
    grants: [],
    requestId: "1",
    log,
    connection: { destroyed: false },
    sendsFiles: false,
    admit,
  });
  const { body } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: "POST",
      headers: new HeaderMap([["content-type", "application/json"]]),
      search: "",
      body: { query, variables },
    },
    context: async () => ({ valetKey }),
  });
  return body;
}

const batch = "query ($o: [ObjectInput!]!) { downloadUrls(objects: $o, verify: false) { url } }";
const objects = (count: number) => Array.from({ length: count }, () => ({ bucket: "demo", key: "k" }));

test.each<[string, string, Record<string, unknown>, number]>([
  ["a small operation", "{ viewer { authenticated } }", {}, 1],
  ["a batch, by its length", batch, { o: objects(8) }, 8 * 25],
  ["a larger batch", batch, { o: objects(800) }, 800 * 25],
])("before it runs, an operation waits until its cost fits: %s", async (_name, query, variables, values) => {
  const admitted: number[] = [];
  let finishWaiting = () => {};
  const body = execute(query, variables, (each) => {
    admitted.push(each);
    return new Promise((resolve) => {
      finishWaiting = resolve;
    });
  });
  await expect.poll(() => admitted).toEqual([values]);
  const waits = new Promise((resolve) => setImmediate(resolve, "waits"));
  expect(await Promise.race([body, waits])).toBe("waits");
  finishWaiting();
  expect(await body).toMatchObject({ kind: "complete" });
});
