import { buildSchema, type OperationDefinitionNode, parse } from "graphql";
import { expect, test } from "vitest";
import type { GraphQLContext } from "../../../../src/graphql/context.ts";
import { CompiledOperations } from "../../../../src/graphql/operation/compiled-operations.ts";

const schema = buildSchema("type Query { sum(of: [Int!]!): Int }");
const source = "query ($of: [Int!]!) { sum(of: $of) }";
const document = parse(source);
const operation = document.definitions[0] as OperationDefinitionNode;
const contextValue = {} as GraphQLContext;

test("compiled code does not report each of thousands of values that do not fit", async () => {
  const operations = new CompiledOperations(schema);
  const execute = (of: unknown) =>
    operations.execute({
      ...{ source, document, operation, operationName: undefined, contextValue },
      variables: { of },
      size: { values: 20_001, characters: 20_000 },
    });
  for (let use = 0; use < 5; use += 1) expect(await execute([1])).toEqual({ data: { sum: null } });
  let reads = 0;
  const words = new Proxy(Array<string>(20_000).fill("x"), {
    get(target, name, receiver) {
      reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  expect((await execute(words)).data).toBeUndefined();
  expect(reads).toBeLessThan(100);
});
