import { Violation } from "./outcomes.ts";
import type { World } from "./world.ts";

interface BadRequest {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | FormData;
}

const json = { "content-type": "application/json" };
const operation = (query: string, variables: object = {}) => JSON.stringify({ query, variables });

/** Requests that are refused, each for another reason. */
const badRequests: Readonly<Record<string, (world: World) => BadRequest>> = {
  "a body that is not JSON": () => ({ headers: json, body: '{"query": ' }),
  "a document that does not parse": () => ({ headers: json, body: operation("{ viewer { ") }),
  "an unknown field": () => ({ headers: json, body: operation("{ viewer { nobody } }") }),
  "a forbidden prefix": ({ bucket }) => ({
    headers: json,
    body: operation(`{ downloadUrl(bucket: "${bucket}", key: "others/a", verify: false) { url } }`),
  }),
  "a malformed key": ({ bucket }) => ({
    headers: json,
    body: operation(
      "query ($key: String!) { downloadUrl(bucket: $b, key: $key) { url } }".replace("$b", `"${bucket}"`),
      {
        key: "users/../a",
      },
    ),
  }),
  "an unknown bucket": () => ({
    headers: json,
    body: operation('{ objects(bucket: "not-there") { nodes { key } } }'),
  }),
  "a token of nobody": () => ({
    headers: { ...json, authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
    body: operation("{ viewer { subject } }"),
  }),
  "an upload id that is not one": () => ({
    headers: json,
    body: operation('mutation { completeUpload(id: "no-id") { key } }'),
  }),
  "a form without a map": () => {
    const body = new FormData();
    body.set("operations", operation("{ viewer { subject } }"));
    return { headers: { "apollo-require-preflight": "1" }, body };
  },
  "a body that is too large": () => ({
    headers: json,
    body: JSON.stringify({ query: "x".repeat(3 * 2 ** 20) }),
  }),
  "an unknown path": () => ({ path: "/nothing", headers: json, body: "{}" }),
  "a media type that is not taken": () => ({ headers: { "content-type": "text/plain" }, body: "{ viewer }" }),
};

/** Sends a request that must be refused, with an error that has a code and says that repeating it is of no use. */
export async function badRequest(world: World): Promise<void> {
  const [what, make] = world.random.pick(Object.entries(badRequests));
  const { path = "/graphql", headers = {}, body } = make(world);
  const authorization = `Bearer ${await world.token()}`;
  const response = await fetch(`${world.url}${path}`, {
    method: "POST",
    headers: { authorization, ...headers },
    body,
  });
  const text = await response.text();
  const { errors = [] } = JSON.parse(text) as {
    errors?: { extensions: { code: string; retryable: boolean } }[];
  };
  const isRefused =
    errors.length > 0 &&
    errors.every(({ extensions: { code, retryable } }) => isExpected(code, retryable, response.status));
  if (!isRefused) throw new Violation(`${what}: ${response.status} ${text.slice(0, 500)}`);
}

function isExpected(code: unknown, retryable: unknown, status: number): boolean {
  if (typeof code !== "string" || typeof retryable !== "boolean" || code === "INTERNAL_SERVER_ERROR")
    return false;
  // The server may be too busy to look at the request.
  return status === 503 || status === 429 ? retryable : !retryable || code === "STORAGE_UNAVAILABLE";
}
