import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError } from "../../../src/app/config/config-error.ts";
import { manifestEntry, manifestText, writeManifest } from "../../support/operation-manifest.ts";
import { recordLog } from "../../support/record-log.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startDemoServer } from "../../support/test-server.ts";

const folder = await shareInFile(makeTemporaryFolder("manifest"));
const one = manifestEntry("query One { viewer { authenticated } }");
const two = manifestEntry("query Two { viewer { subject } }");
const start = (manifest: string, env: Record<string, string> = {}, log = recordLog()) =>
  startDemoServer({ VALETKEY_PERSISTED_OPERATIONS: manifest, ...env }, { log: log.logger });

async function faultOf(manifest: string): Promise<string> {
  try {
    await using _started = await start(manifest);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "It started.";
}

test("does not start with a manifest that has faults, and names each of them", async () => {
  const path = await writeManifest(folder.path, [one, manifestEntry("query Wrong { viewer { name } }")]);
  const fault = await faultOf(path);
  expect(fault).toContain(`VALETKEY_PERSISTED_OPERATIONS: ${path}: operations.1 "Wrong": `);
  expect(fault).toContain('Cannot query field "name" on type "Viewer"');
  expect(await faultOf(join(folder.path, "missing.json"))).toContain("cannot be read (ENOENT)");
  expect(await faultOf(folder.path)).toContain("cannot be read (not a regular file)");
  const large = join(folder.path, "large.json");
  await writeFile(large, " ".repeat(4 * 2 ** 20));
  await appendFile(large, manifestText([one]));
  expect(await faultOf(large)).toContain("more than 4 MiB");
});

test("reads the manifest again, and keeps the operations if it has faults then", async () => {
  const log = recordLog();
  const path = await writeManifest(folder.path, [one], "reloaded.json");
  await using server = await start(path, {}, log);
  const statusOf = async (query: string) => (await server.client.request(query)).status;
  expect([await statusOf(one.body), await statusOf(two.body)]).toEqual([200, 403]);

  await writeFile(path, manifestText([two, { ...one, type: "mutation" }]));
  await server.app.reload();
  expect(log.messages()).toContain("the persisted operations have faults: the current ones stay in force");
  expect([await statusOf(one.body), await statusOf(two.body)]).toEqual([200, 403]);

  // The same id now names another operation.
  await writeFile(path, manifestText([{ ...two, id: one.id }]));
  await server.app.reload();
  expect([await statusOf(one.body), await statusOf(two.body)]).toEqual([403, 200]);
  const extensions = { persistedQuery: { version: 1, sha256Hash: one.id } };
  const headers = { "content-type": "application/json" };
  const response = await server.client.post(JSON.stringify({ extensions }), headers);
  expect(response.data).toEqual({ viewer: { subject: null } });
});

test("combines manifests, of which one is that of the client package", async () => {
  const path = await writeManifest(folder.path, [one, two], "more.json");
  const log = recordLog();
  await using server = await start(`${path},@valetkey/client`, {}, log);
  expect((await server.client.request(two.body)).status).toBe(200);
  expect(log.messages().join("\n")).not.toContain("the web client does not work");
});

test("says at the start what does not work without other operations", async () => {
  const path = await writeManifest(folder.path, [one], "few.json");
  const log = recordLog();
  await using server = await start(path, { VALETKEY_FEDERATION: "on" }, log);
  const messages = log.messages().join("\n");
  expect(messages).toContain("the web client does not work, because VALETKEY_PERSISTED_OPERATIONS");
  expect(messages).toContain("GraphiQL and Apollo Sandbox can run only the operations");
  expect(messages).toContain("a router's queries are refused");
  const entities = await server.client.request("{ _service { sdl } }");
  expect(entities.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
});
