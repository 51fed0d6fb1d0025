import { ApolloServer } from "@apollo/server";
import { extendSchema, GraphQLError, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { valetKeyApollo } from "../../../src/apollo.ts";
import { rememberRuntime } from "../../../src/app/runtime-of.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestRuntime } from "../../support/test-server.ts";

const { runtime, seed } = await shareInFile(startTestRuntime());
const valetKey = {};
rememberRuntime(valetKey, runtime);

/** The host's own fields beside ours. */
const schema = extendSchema(
  runtime.schema,
  parse("extend type Query { hello: String, refused: String, fails: String, many: [String!]! }"),
);
const { hello, refused, fails, many } = schema.getQueryType()?.getFields() ?? {};
Object.assign(hello ?? {}, { resolve: () => "world" });
Object.assign(many ?? {}, { resolve: () => ["a"] });
Object.assign(refused ?? {}, {
  resolve() {
    throw new GraphQLError("of the host", { extensions: { code: "OF_THE_HOST" } });
  },
});
Object.assign(fails ?? {}, {
  resolve() {
    throw new Error("arn:aws:iam::111122223333:role/secret");
  },
});

const apollo = new ApolloServer({ schema, ...valetKeyApollo({ valetKey }) });

async function execute(query: string, variables: Record<string, unknown> = {}) {
  const connection = { destroyed: false };
  const request = { principal: anonymous, requestId: "the-request", connection, sendsFiles: false };
  const contextValue = { valetKey: await runtime.createContext(request) };
  const { body } = await apollo.executeOperation({ query, variables }, { contextValue });
  if (body.kind !== "single") throw new Error("The response comes in parts.");
  return body.singleResult;
}

const codeOf = async (query: string, variables = {}) =>
  (await execute(query, variables)).errors?.[0]?.extensions?.code;

describe("an Apollo Server of somebody else", () => {
  test("resolves its own fields and ours in one operation", async () => {
    await seed("a", "hello");
    const { data, errors } = await execute(`{ hello downloadUrl(bucket: "${bucket}", key: "a") { url } }`);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ hello: "world", downloadUrl: { url: expect.stringContaining("/a?") } });
  });

  test("gives our errors the format of the stand-alone server", async () => {
    const { errors } = await execute(`{ downloadUrl(bucket: "${otherBucket}", key: "a") { url } }`);
    expect(errors?.[0]).toMatchObject({
      path: ["downloadUrl"],
      locations: [{ line: 1, column: 3 }],
      extensions: { code: "FORBIDDEN", retryable: false },
    });
    expect(errors?.[0]?.extensions).not.toHaveProperty("stacktrace");
  });

  test("leaves the host's own errors as they are, with their locations", async () => {
    const { errors } = await execute("{ refused }");
    expect(errors?.[0]).toEqual({
      message: "of the host",
      path: ["refused"],
      locations: [{ line: 1, column: 3 }],
      extensions: { code: "OF_THE_HOST" },
    });
  });

  test("hides the messages of errors that nobody meant for clients", async () => {
    const { errors } = await execute("{ fails }");
    expect(JSON.stringify(errors)).not.toContain("arn:");
    expect(errors?.[0]?.extensions).toEqual({
      code: "INTERNAL_SERVER_ERROR",
      retryable: false,
      requestId: "the-request",
    });
  });

  test("limits documents, values and the cost of operations", async () => {
    expect(await codeOf(`{ ${"hello ".repeat(10_001)} }`)).toBe("GRAPHQL_PARSE_FAILED");
    expect(await codeOf(`{ ${"a".repeat(129)}: hello }`)).toBe("BAD_USER_INPUT");
    const fields = Array.from({ length: 3000 }, (_, index) => `a${index}: many`).join(" ");
    expect(await codeOf(`{ ${fields} }`)).toBeUndefined();
    const pages = Array.from({ length: 3 }, (_, index) => `a${index}: ${page}`).join(" ");
    expect(await codeOf(`{ ${pages} }`)).toBe("BAD_USER_INPUT");
    expect(await codeOf("{ nothing }")).toBe("GRAPHQL_VALIDATION_FAILED");
  });
});

const page = `objects(bucket: "${bucket}", first: 1000) { nodes { metadata { name } tags { name } } }`;
