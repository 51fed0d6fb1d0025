import { createValetKey, type ObjectChange, ValetKeyError } from "@valetkey/client";
import { expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const server = await shareInFile(startTestServer());
const bucket = "demo";

function startClient() {
  const client = createValetKey({ url: `${server.url}/graphql` });
  const changes: ObjectChange[] = [];
  return { client, changes, stop: client.onChange((change) => changes.push(change)) };
}

test("a client reports what it uploads, copies, moves and removes", async () => {
  const { client, changes, stop } = startClient();
  await client.upload(new Blob(["-"]), { bucket, key: "a" }).done;
  await client.copy({ bucket, key: "a" }, { bucket, key: "b" });
  await client.move({ bucket, key: "b" }, { bucket, key: "c" });
  await client.remove({ bucket, key: "a" });
  await client.remove([{ bucket, key: "c" }]);
  await client.remove({ bucket, prefix: "folder/" });
  const prefixes = ["a", "b", "b", "c", "a", "c", "folder/"];
  expect(changes).toEqual(prefixes.map((prefix) => ({ bucket, prefix })));
  stop();
  await client.upload(new Blob(["-"]), { bucket, key: "d" }).done;
  expect(changes).toHaveLength(prefixes.length);
});

test("a client reports work that has failed, which may be half done", async () => {
  const { client, changes } = startClient();
  const missing = client.move({ bucket, key: "missing" }, { bucket, key: "elsewhere" });
  await expect(missing).rejects.toThrow(ValetKeyError);
  expect(changes).toEqual([
    { bucket, prefix: "missing" },
    { bucket, prefix: "elsewhere" },
  ]);
});
