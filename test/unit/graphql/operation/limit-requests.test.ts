import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { limitRequests } from "../../../../src/graphql/operation/limit-requests.ts";

/** Says in which turn of the event loop, counted from the start of the request, each step of a request has ended or begun. */
async function turnsOf(query: string, variables?: Record<string, unknown>): Promise<Record<string, number>> {
  let turn = 0;
  const turns: Record<string, number> = {};
  const mark = (step: string) => {
    turns[step] = turn;
  };
  const observe: ApolloServerPlugin = {
    async requestDidStart() {
      return {
        parsingDidStart: async () => async () => mark("parsed"),
        validationDidStart: async () => async () => mark("validated"),
        executionDidStart: async () => mark("costed"),
        willSendResponse: async () => mark("executed"),
      };
    },
  };
  const schema = buildSchema("type Query { field(list: [Int!]): Int }");
  await using apollo = Object.assign(
    new ApolloServer({ schema, plugins: [observe, limitRequests(new KnownDocuments())] }),
    { [Symbol.asyncDispose]: () => apollo.stop() },
  );
  await apollo.start();
  // The first request loads a module.
  await apollo.executeOperation({ query: "{ field }" });
  const count = () => {
    turn += 1;
    counter = setImmediate(count);
  };
  let counter = setImmediate(count);
  await apollo.executeOperation(variables === undefined ? { query } : { query, variables });
  clearImmediate(counter);
  return turns;
}

test("other requests run between two steps of a long document", async () => {
  const fields = Array.from({ length: 400 }, (_, index) => `a${index}: field`).join(" ");
  const { parsed = 0, validated = 0, costed = 0, executed = 0 } = await turnsOf(`{ ${fields} }`);
  expect(parsed).toBeGreaterThan(0);
  expect(validated).toBeGreaterThan(parsed);
  expect(costed).toBeGreaterThan(validated);
  expect(executed).toBeGreaterThan(costed);
});

test("other requests run between the cost and the execution of large variables", async () => {
  const list = Array.from({ length: 2_000 }, (_, index) => index);
  const query = "query ($list: [Int!]) { field(list: $list) }";
  const { costed = 0, executed = 0 } = await turnsOf(query, { list });
  expect(executed).toBeGreaterThan(costed);
});

test("other requests run between two conversions of variables with many characters", async () => {
  const query = "query ($list: [Int!]) { field(list: $list) }";
  const unused = Array.from({ length: 20 }, () => "x".repeat(2 ** 14 - 1));
  const { validated = 0, costed = 0 } = await turnsOf(query, { list: [1], unused });
  expect(costed).toBeGreaterThan(validated);
});

test("a short document is not delayed", async () => {
  expect(await turnsOf("{ a: field }")).toEqual({ parsed: 0, validated: 0, costed: 0, executed: 0 });
});
