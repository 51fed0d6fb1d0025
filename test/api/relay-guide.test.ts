import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type * as RelayRuntime from "relay-runtime";
import type { ConcreteRequest, Environment, ReaderFragment, Variables } from "relay-runtime";
import { afterEach, expect, test, vi } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload } from "../support/multipart-uploads.ts";
import { createRelayProject } from "../support/relay-project.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

interface Program {
  createEnvironment(url: string, accessToken: () => Promise<string>): Environment;
  uploadFile(environment: Environment, file: Blob, bucket: string, key: string): Promise<object>;
  readonly relay: typeof RelayRuntime;
  readonly list: ConcreteRequest;
  readonly nextPage: ConcreteRequest;
  readonly objects: ReaderFragment;
  readonly pending: ConcreteRequest;
  readonly uploads: ReaderFragment;
  readonly abort: ConcreteRequest;
}

const program = `
export * as relay from "relay-runtime";
export { createEnvironment } from "./environment.ts";
export { uploadFile } from "./uploadFile.ts";
export { default as list } from "./__generated__/FileListQuery.graphql.ts";
export { default as nextPage } from "./__generated__/FileListPaginationQuery.graphql.ts";
export { default as objects } from "./__generated__/FileList_objects.graphql.ts";
export { abortUpload as abort, pendingUploads as uploads, pendingUploadsQuery as pending } from "./pendingUploads.ts";
`;

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/relay.md"), "utf8");
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [{ who: "authenticated", bucket, prefix: "relay/", allow: ["UPLOAD", "DOWNLOAD", "LIST"] }],
  }),
);
const project = await shareInFile(createRelayProject(guide));
const { relay, ...code } = await project.load<Program>(program);

const token = () => issuer.token({ sub: "alice" });
const alice = server.client.as(await token());
const createEnvironment = () => code.createEnvironment(`${server.url}/graphql`, token);

function fetchQuery(environment: Environment, request: ConcreteRequest, variables: Variables) {
  return relay
    .fetchQuery<{ variables: Variables; response: unknown }>(environment, request, variables)
    .toPromise();
}

interface Connection {
  readonly edges: readonly { readonly node: { readonly key: string; readonly id?: string } | null }[];
  readonly pageInfo: { readonly endCursor: string | null };
}

/** The connection that a component reads from the store, which uses a fragment on a query. */
function read(
  environment: Environment,
  {
    request,
    fragment,
    variables,
  }: { request: ConcreteRequest; fragment: ReaderFragment; variables: Variables },
): Connection {
  const query = environment.lookup(relay.createOperationDescriptor(request, variables).fragment);
  const selector = relay.getSingularSelector(fragment, query.data);
  if (selector == null) throw new Error("The query does not select the fragment.");
  const [connection] = Object.values(environment.lookup(selector).data as Record<string, Connection>);
  if (connection === undefined) throw new Error("The fragment has no connection.");
  return connection;
}

// In development, Relay reports what it does not expect of a schema or of a response.
const warnings = vi.spyOn(console, "error");
afterEach(() => expect(warnings).not.toHaveBeenCalled());

test("the code of the guide for Relay is typed", async () => {
  await project.checkTypes();
});

test("a list grows by the next page", async () => {
  for (const name of ["a", "b", "c"]) await server.seed(`relay/list/${name}`, name);
  const environment = createEnvironment();
  const variables = { bucket, prefix: "relay/list/", first: 2 };
  const list = () => read(environment, { request: code.list, fragment: code.objects, variables });
  const keys = () => list().edges.map(({ node }) => node?.key);

  await fetchQuery(environment, code.list, variables);
  expect(keys()).toEqual(["relay/list/a", "relay/list/b"]);
  await fetchQuery(environment, code.nextPage, { ...variables, after: list().pageInfo.endCursor });
  expect(keys()).toEqual(["relay/list/a", "relay/list/b", "relay/list/c"]);
});

test("a file arrives in a multipart request", async () => {
  const file = new File(["a cat"], "cat.png", { type: "image/png" });
  const stored = await code.uploadFile(createEnvironment(), file, bucket, "relay/cat.png");
  expect(stored).toEqual({ bucket, key: "relay/cat.png", size: 5 });
  const query = `query ($bucket: String!) { object(bucket: $bucket, key: "relay/cat.png") { contentType } }`;
  expect(await alice.data(query, { bucket })).toEqual({ object: { contentType: "image/png" } });
});

test("an error of the server reaches the caller of a mutation", async () => {
  const uploading = code.uploadFile(createEnvironment(), new Blob(["x"]), bucket, "elsewhere");
  await expect(uploading).rejects.toThrow(/not allowed|grant/);
});

test("an upload that was aborted leaves the list", async () => {
  await beginUpload(alice, { bucket, key: "relay/pending" });
  const environment = createEnvironment();
  const variables = { bucket, prefix: "relay/", first: 10 };
  const nodes = () => {
    const { edges } = read(environment, { request: code.pending, fragment: code.uploads, variables });
    return edges.map(({ node }) => node);
  };
  await fetchQuery(environment, code.pending, variables);
  const [pending] = nodes();
  expect(pending?.key).toBe("relay/pending");
  await new Promise((resolve, reject) => {
    const options = { mutation: code.abort, variables: { id: pending?.id } };
    relay.commitMutation(environment, { ...options, onCompleted: resolve, onError: reject });
  });
  expect(nodes()).toEqual([null]);
});
