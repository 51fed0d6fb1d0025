import { createValetKey, type ValetKey, ValetKeyError } from "@valetkey/client";
import { expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../../support/test-server.ts";

const [allowed, versioned] = [bucket, versionedBucket].map((name) => ({
  who: "anonymous" as const,
  bucket: name,
  allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE", "CREDENTIALS"] as const,
}));
const limits = { maxUploadBytes: "1GiB", contentTypes: ["*/*"] };
const server = await shareInFile(
  startTestServer({
    grants: [{ ...allowed, prefix: "", ...limits }, versioned] as never,
    env: { VALETKEY_MULTIPART_BYTES: "5MiB" },
  }),
);
const url = `${server.url}/graphql`;
await server.seed("there", "content", { Metadata: { color: "red" }, Tagging: "team=a" });
await server.seed("folder/inside", "content");
await server.seed("there", "content", { Bucket: versionedBucket });
const there = { bucket, key: "there" };
const small = new Blob(["small"], { type: "text/plain" });
const large = new Blob([new Uint8Array(noise(6 * 2 ** 20))], { type: "text/plain" });
const noChecksum = { checksum: false } as const;

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One call of the client for each operation whose response it reads. */
const calls: Record<string, (client: ValetKey) => Promise<unknown>> = {
  DownloadUrl: (client) => client.downloadUrl(there),
  DownloadUrls: (client) => client.downloadUrls([there]).then(throwErrors),
  Object: (client) => client.head(there),
  ObjectWithTags: (client) => client.details(there),
  Objects: (client) => collect(client.list({ bucket, prefix: "there" })),
  Folder: (client) => client.folder({ bucket }),
  CopyObject: (client) => client.copy(there, { bucket, key: "copy" }),
  DeleteObjects: (client) => client.remove({ bucket, key: "copy" }).then(({ failed }) => throwErrors(failed)),
  ObjectVersions: (client) => collect(client.versions({ bucket: versionedBucket })),
  PendingUploads: (client) => client.pendingUploads({ bucket }),
  Viewer: (client) => client.viewer(),
  RequestCredentials: (client) => client.requestCredentials({ bucket, actions: ["DOWNLOAD"] }),
  RequestUpload: (client) => client.upload(small, { ...noChecksum, bucket, key: "small" }).done,
  ConfirmUpload: (client) => client.upload(small, { ...noChecksum, bucket, key: "small" }).done,
  "RequestUpload in parts": (client) => client.upload(large, { ...noChecksum, bucket, key: "large" }).done,
  UploadParts: (client) => client.upload(large, { ...noChecksum, bucket, key: "large" }).done,
  CompleteUpload: (client) => client.upload(large, { ...noChecksum, bucket, key: "large" }).done,
};

function throwErrors(results: readonly unknown[]): void {
  for (const result of results) if (result instanceof Error) throw result;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

type Body = { readonly data: Json };

/** A client for which all responses of one operation are replaced, if `respond` returns one. */
function clientWith(operation: string, respond: () => unknown, onResponse = (_body: Body) => {}): ValetKey {
  const [name] = operation.split(" ");
  return createValetKey({
    url,
    fetch: async (input, init) => {
      const isIt = typeof init?.body === "string" && JSON.parse(init.body).query.includes(` ${name}`);
      const body = isIt ? respond() : undefined;
      if (body !== undefined) return Response.json(body);
      const response = await fetch(input, init);
      if (isIt) onResponse((await response.clone().json()) as Body);
      return response;
    },
  });
}

/** The names and indexes that lead to each value of a response. */
function pathsOf(value: Json): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value)
    ? value.slice(0, 1).map((item, i) => [i, item] as const)
    : Object.entries(value);
  return entries.flatMap(([name, below]) => [[name], ...pathsOf(below).map((path) => [name, ...path])]);
}

const kindOf = (value: Json) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);
const isText = (name: string | number) =>
  !/^(?:url|expiresAt|startedAt|lastModified|__typename)$/.test(String(name));

/** Values that have another type, or that are no URL or date. */
function wrongValues(value: Json, name: string | number): Json[] {
  const all: Json[] = [7, "text", true, [], {}];
  // It may be any text, for all that this test knows.
  if (value === null) return [7, true, [], {}];
  return all.filter((wrong) => kindOf(wrong) !== kindOf(value) || (wrong === "text" && !isText(name)));
}

function replaced(body: Body, path: readonly (string | number)[], wrong: Json | undefined): unknown {
  const copy = structuredClone(body);
  const parent = path
    .slice(0, -1)
    .reduce<Json>((at, name) => (at as Record<string, Json>)[name] as Json, copy.data);
  (parent as Record<string, Json | undefined>)[path.at(-1) ?? ""] = wrong;
  return copy;
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "success",
    (error: unknown) =>
      error instanceof ValetKeyError ? `${error.code}, retryable: ${error.retryable}` : String(error),
  );
}

test.each(Object.keys(calls))(
  "a response to %s with a value of a wrong form is the error NETWORK",
  async (name) => {
    const call = calls[name] as (client: ValetKey) => Promise<unknown>;
    let original: Body = { data: null };
    await call(
      clientWith(
        name,
        () => undefined,
        (body) => (original = body),
      ),
    );
    const paths = pathsOf(original.data);
    expect(paths.length).toBeGreaterThan(1);
    const unexpected: unknown[] = [];
    for (const path of paths) {
      const at = path.reduce<Json>(
        (value, each) => (value as Record<string, Json>)[each] as Json,
        original.data,
      );
      for (const wrong of [...wrongValues(at, path.at(-1) ?? ""), null, undefined]) {
        const outcome = await outcomeOf(call(clientWith(name, () => replaced(original, path, wrong))));
        // A field may be one that can be null, and an upload that is null is gone.
        const isExpected =
          outcome === "NETWORK, retryable: false" ||
          (wrong == null && ["success", "UPLOAD_NOT_FOUND, retryable: false"].includes(outcome));
        if (!isExpected) unexpected.push([path.join("."), wrong, outcome]);
      }
    }
    expect(unexpected).toEqual([]);
  },
);
