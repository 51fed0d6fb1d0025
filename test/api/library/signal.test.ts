import { graphql } from "graphql";
import { expect, test } from "vitest";
import { startLibrary } from "../../support/library.ts";

const principal = { authenticated: true, subject: "alice" } as const;
const grants = {
  grants: [{ who: "authenticated", bucket: "private", allow: ["DOWNLOAD"] }],
} as const;
const object = { bucket: "private", key: "no-such-object" };

test("no request to S3 is begun for a request whose signal is aborted, in code and in the schema", async () => {
  await using library = await startLibrary({ grants });
  const { valetKey } = library;
  const client = new AbortController();
  const { signal } = client;
  const session = valetKey.for(principal, { signal });
  const contextValue = await valetKey.context({ principal, signal });
  const source = `{ object(bucket: "private", key: "no-such-object") { size } }`;
  const execute = () => graphql({ schema: valetKey.schema, source, contextValue });
  expect(await session.head(object)).toBeUndefined();
  expect(await execute()).toEqual({ data: { object: null } });

  client.abort();
  await expect(session.head({ ...object, key: "another" })).rejects.toMatchObject({ code: "TIMEOUT" });
  const later = await graphql({
    schema: valetKey.schema,
    source: source.replace("no-such-object", "another"),
    contextValue,
  });
  expect(later.errors).toMatchObject([{ extensions: { code: "TIMEOUT" } }]);
  // Another request of the same caller is served.
  expect(await valetKey.for(principal).head(object)).toBeUndefined();
});
