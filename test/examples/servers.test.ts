import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GraphQLClient } from "../support/graphql-client.ts";
import { confirmUpload, downloadUrl, requestUpload, uploadFile } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { type RunningExample, runInstalled, startExample } from "./example.ts";

interface Example {
  readonly name: string;
  /** Default: the compiler, which also writes what is run. */
  readonly compile?: readonly [program: string, ...parameters: string[]];
  /** Default: the program that was compiled. */
  readonly start?: readonly string[];
  /** Where GraphQL is served. Default: `/graphql`. */
  readonly path?: string;
  /** Where the whole API of Valet Key is served, forms with files included. */
  readonly filesPath?: string;
  /** What a token that is not known gets. Default: status 401. */
  readonly refusal?: object;
}

const next = ["../node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port", "0"];

const examples: readonly Example[] = [
  { name: "express-apollo", filesPath: "/files" },
  { name: "fastify-own-schema", filesPath: "/files" },
  { name: "yoga" },
  { name: "nestjs" },
  { name: "nextjs-route-handler", compile: ["next", "build"], start: next, path: "/api/graphql" },
  // The gateway passes the token on, and the response has the error of a subgraph.
  { name: "federation", refusal: { status: 200, errors: [{ extensions: { code: "UNAUTHENTICATED" } }] } },
];

const cat = new TextEncoder().encode("a cat");
const photos = "{ photos { id file { key downloadUrl { url } } } }";

interface PhotosData {
  readonly photos: readonly { id: string; file: { key: string; downloadUrl: { url: string } } }[];
}

describe.each(examples)(
  "the example $name",
  ({ name, compile = ["tsc"], start, path, filesPath, refusal }) => {
    let example: RunningExample;
    let client: GraphQLClient;
    let alice: GraphQLClient;

    const clientAt = (folder: string) => new GraphQLClient(example.url.origin + folder);

    beforeAll(async () => {
      const [program, ...parameters] = compile;
      await runInstalled(program, parameters, name);
      example = await startExample(name, start ?? [`dist/${name}/server.js`]);
      client = clientAt((path ?? "/graphql").replace("/graphql", ""));
      alice = client.as("token-of-alice");
    });
    afterAll(() => example?.[Symbol.asyncDispose]());

    test("stores a photo that was sent to the store, and lists it with a URL that works", async () => {
      expect(await alice.data(photos)).toEqual({ photos: [] });
      const input = { bucket: "demo", key: "users/alice/cat.png", contentType: "image/png" };
      const upload = await requestUpload(alice, "PUT", { input, size: cat.length });
      expect((await sendPut(upload, cat)).status).toBe(200);
      expect(await alice.data(photos)).toEqual({ photos: [] });
      await confirmUpload(alice, upload.receipt ?? "");
      const listed = await alice.data<PhotosData>(photos);
      expect(listed.photos).toMatchObject([{ file: { key: "users/alice/cat.png" } }]);
      const response = await fetch(listed.photos[0]?.file.downloadUrl.url ?? "");
      expect([response.headers.get("content-type"), await response.text()]).toEqual(["image/png", "a cat"]);
    });

    test("keeps a user from the photos of others", async () => {
      const bob = client.as("token-of-bob");
      expect(await bob.data(photos)).toEqual({ photos: [] });
      const object = { bucket: "demo", key: "users/alice/cat.png" };
      await expect(downloadUrl(bob, object)).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
      const upload = requestUpload(bob, "PUT", { input: object, size: 1 });
      await expect(upload).rejects.toMatchObject({ code: "FORBIDDEN" });
    });

    test("refuses callers without a token, and tokens that it does not know", async () => {
      const object = { bucket: "demo", key: "users/alice/cat.png" };
      await expect(downloadUrl(client, object)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
      const answer = await client.as("another token").request(photos);
      expect(answer).toMatchObject(refusal ?? { status: 401 });
      expect(answer.data ?? null).toBe(null);
    });

    if (filesPath !== undefined) {
      test("takes a file in a form, too", async () => {
        const files = clientAt(filesPath).as("token-of-alice");
        await uploadFile(files, new Blob(["a dog"]), { bucket: "demo", key: "users/alice/dog.png" });
        const listed = await alice.data<PhotosData>(photos);
        expect(listed.photos.map(({ file }) => file.key)).toContain("users/alice/dog.png");
      });
    }

    if (start === undefined) {
      test("ends by itself after SIGTERM", async () => {
        expect(await example.stop()).toBe(0);
      });
    }
  },
);
