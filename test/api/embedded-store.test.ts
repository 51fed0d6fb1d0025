import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/app/config/config-error.ts";
import { buildProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const { path: root } = await shareInFile(makeTemporaryFolder("embedded"));
const program = await shareInFile(buildProgram());

async function environment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const VALETKEY_DATA_DIR = await mkdtemp(join(root, "data-"));
  return { PORT: "0", VALETKEY_STORE_PORT: "0", LOG_LEVEL: "warn", VALETKEY_DATA_DIR, ...more };
}

async function startAndStop(variables: Record<string, string>): Promise<void> {
  await using _server = await startDemoServer(variables);
}

const beginUpload = `mutation {
  requestUpload(input: { bucket: "demo", key: "film" }, size: 20000000, method: MULTIPART) { ... on MultipartUpload { id } }
}`;
const findUpload = "query ($id: ID!) { upload(id: $id) { key } }";

interface Begun {
  readonly requestUpload: { readonly id: string };
}

describe("the secret that seals upload ids", () => {
  test("survives a kill and a restart", async () => {
    const variables = await environment({ LOG_LEVEL: "info" });
    const first = program.start(variables);
    const { requestUpload } = await new GraphQLClient(await first.ready).data<Begun>(beginUpload);
    first.process.kill("SIGKILL");
    await first.ended;

    const second = program.start(variables);
    const found = await new GraphQLClient(await second.ready).data(findUpload, { id: requestUpload.id });
    second.process.kill("SIGTERM");
    await second.ended;
    expect(found).toEqual({ upload: { key: "film" } });
  });

  test("is readable by its owner alone", async () => {
    const variables = await environment();
    await startAndStop(variables);
    const path = join(variables.VALETKEY_DATA_DIR ?? "", "server-secret");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("is not written where VALETKEY_SECRET is set", async () => {
    const variables = await environment({ VALETKEY_SECRET: "x".repeat(32) });
    await startAndStop(variables);
    expect(await readdir(variables.VALETKEY_DATA_DIR ?? "")).not.toContain("server-secret");
  });

  test("that is damaged keeps the server from starting, and its file is named", async () => {
    const variables = await environment();
    await startAndStop(variables);
    await truncate(join(variables.VALETKEY_DATA_DIR ?? "", "server-secret"));
    await expect(startDemoServer(variables)).rejects.toThrow(
      /^VALETKEY_DATA_DIR: .*server-secret" is damaged/,
    );
    // The store was closed again: its folder is free.
    await rm(join(variables.VALETKEY_DATA_DIR ?? "", "server-secret"));
    await startAndStop(variables);
  });
});

describe("the host", () => {
  const downloadUrl = '{ downloadUrl(bucket: "demo", key: "a", verify: false) { url } }';

  test("presigned URLs name an address that other machines can reach, and the log says what to set", async () => {
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void lines.push(line) });
    await using app = await startDemoServer(await environment({ HOST: "0.0.0.0" }), { log });
    const client = new GraphQLClient(app.url.replace("0.0.0.0", "127.0.0.1"));
    const data = await client.data<{ downloadUrl: { url: string } }>(downloadUrl);
    const { hostname } = new URL(data.downloadUrl.url);
    expect(hostname).not.toBe("0.0.0.0");
    expect(lines.join("")).toMatch(
      new RegExp(`presigned URLs name ${hostname}.*set VALETKEY_PUBLIC_ENDPOINT_URL`),
    );
  });

  test("a host that does not belong to this machine is named", async () => {
    const start = startDemoServer(await environment({ HOST: "192.0.2.1" }));
    await expect(start).rejects.toThrow(
      /^HOST: got "192.0.2.1", cannot listen there .EADDRNOTAVAIL.; takes /,
    );
    await expect(start).rejects.toBeInstanceOf(ConfigError);
  });
});

test("a data folder that holds files of the user's own is refused by name", async () => {
  const variables = await environment();
  await writeFile(join(variables.VALETKEY_DATA_DIR ?? "", "thesis.txt"), "years of work");
  await expect(startDemoServer(variables)).rejects.toThrow(
    /^VALETKEY_DATA_DIR: got ".*", holds "thesis.txt"/,
  );
});
