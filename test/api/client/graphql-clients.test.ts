import { createHash } from "node:crypto";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { ClientError, GraphQLClient } from "graphql-request";
import { Client, fetchExchange } from "urql";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

/** Real clients, with the settings that they have by themselves and with those that their documentation recommends. */

const server = await shareInFile(startTestServer());
const url = `${server.url}/graphql`;
const preflight = { "apollo-require-preflight": "1" };
const expected = { viewer: { authenticated: false } };
const query = "query Viewer { viewer { authenticated } }";
const upload = `mutation Upload($file: Upload!) {
  uploadFile(file: $file, input: { bucket: "demo", key: "clients/file", overwrite: true }) { size contentType }
}`;
const failing = `mutation { abortUpload(id: "nothing") }`;
const file = () => new File(["a cat"], "cat.png", { type: "image/png" });

/** A fetch that keeps what was sent and received. */
function recordFetch() {
  const calls: { method: string; body: unknown; response: Response }[] = [];
  const recorded: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    calls.push({ method: init?.method ?? "GET", body: init?.body, response: response.clone() });
    return response;
  };
  return { calls, fetch: recorded };
}

describe("urql", () => {
  const create = (options: object = {}) => new Client({ url, exchanges: [fetchExchange], ...options });

  test("by default sends queries by GET, and the error says which header and which setting to use", async () => {
    const { calls, fetch } = recordFetch();
    const { error } = await create({ fetch }).query(query, {}).toPromise();
    expect(calls.map(({ method }) => method)).toEqual(["GET"]);
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(error?.message).toContain("apollo-require-preflight: 1");
    expect(error?.message).toContain("preferGetMethod: false");
  });

  test.each([
    ["with the header, queries by GET", { fetchOptions: { headers: preflight } }, "GET"],
    ["with that setting, queries by POST", { preferGetMethod: false }, "POST"],
  ])("%s", async (_what, options, method) => {
    const { calls, fetch } = recordFetch();
    const { data } = await create({ fetch, ...options })
      .query(query, {})
      .toPromise();
    expect(data).toMatchObject(expected);
    expect(calls.map((call) => call.method)).toEqual([method]);
    expect(calls[0]?.response.headers.get("content-type")).toContain("application/graphql-response+json");
  });

  test("uploads a file with the header, and otherwise the error says which header to add", async () => {
    const { error } = await create().mutation(upload, { file: file() }).toPromise();
    expect(error?.message).toContain("apollo-require-preflight: 1");
    const client = create({ fetchOptions: { headers: preflight } });
    const { data } = await client.mutation(upload, { file: file() }).toPromise();
    expect(data).toMatchObject({ uploadFile: { size: 5, contentType: "image/png" } });
  });

  test("passes the code of an error on", async () => {
    const { error } = await create().mutation(failing, {}).toPromise();
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", field: "id" });
  });
});

describe("Apollo Client", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const create = (options: HttpLink.Options = {}, persisted?: PersistedQueryLink.Options) => {
    const http = new HttpLink({ uri: url, ...options });
    const link = persisted ? new PersistedQueryLink(persisted).concat(http) : http;
    return new ApolloClient({ link, cache: new InMemoryCache() });
  };
  const ask = async (client: ApolloClient) =>
    (await client.query({ query: gql(query), fetchPolicy: "no-cache" })).data;

  test.each([
    ["by default", {}, "POST"],
    ["with useGETForQueries", { useGETForQueries: true }, "GET"],
  ])("%s asks for data", async (_what, options, method) => {
    const { calls, fetch } = recordFetch();
    expect(await ask(create({ fetch, ...options }))).toMatchObject(expected);
    expect(calls.map((call) => call.method)).toEqual([method]);
    expect(calls[0]?.response.headers.get("content-type")).toContain("application/graphql-response+json");
  });

  test.each([
    ["by POST", false],
    ["by GET", true],
  ])("sends persisted queries %s", async (_what, useGETForHashedQueries) => {
    const { calls, fetch } = recordFetch();
    const client = create({ fetch }, { sha256, useGETForHashedQueries });
    expect(await ask(client)).toMatchObject(expected);
    expect(await ask(client)).toMatchObject(expected);
    const last = calls.at(-1);
    expect(last?.method).toBe(useGETForHashedQueries ? "GET" : "POST");
    expect(`${last?.body ?? last?.response.url}`).not.toContain("authenticated");
  });

  test.each([
    ["an argument", failing, "BAD_USER_INPUT"],
    // The status of the response is 400.
    ["the document", "mutation { abortUpload }", "GRAPHQL_VALIDATION_FAILED"],
  ])("passes the code of an error of %s on", async (_what, document, code) => {
    const mutating = create().mutate({ mutation: gql(document) });
    const error = await mutating.catch((thrown: unknown) => thrown);
    if (!CombinedGraphQLErrors.is(error)) throw error;
    expect(error.errors[0]?.extensions).toMatchObject({ code });
  });
});

describe("graphql-request", () => {
  test("by default sends queries by POST", async () => {
    expect(await new GraphQLClient(url).request(query)).toEqual(expected);
  });

  test("with the method GET gets an error that says which header to add", async () => {
    const failed = new GraphQLClient(url, { method: "GET" }).request(query);
    await expect(failed).rejects.toThrow("apollo-require-preflight: 1");
    const client = new GraphQLClient(url, { method: "GET", headers: preflight });
    expect(await client.request(query)).toEqual(expected);
  });

  test("passes the code of an error on", async () => {
    const failed = new GraphQLClient(url).request(failing);
    const error = await failed.catch((thrown: unknown) => thrown as ClientError);
    expect(error).toBeInstanceOf(ClientError);
    expect((error as ClientError).response.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
  });

  test("cannot upload a file, and the error says how files are sent", async () => {
    const failed = new GraphQLClient(url).request(upload, { file: file() });
    await expect(failed).rejects.toThrow(/multipart/);
  });
});
