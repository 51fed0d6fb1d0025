import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/app/config.ts";
import { GraphQLClient } from "./graphql-client.ts";
import type { TestServer } from "./server.ts";

/** What `npm start` gives without any configuration, on free ports and a data directory of its own. */
export async function startDemo(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "valetkey-demo-"));
  const app = await startApp(
    loadConfig({ PORT: "0", VALETKEY_STORE_PORT: "0", VALETKEY_DATA_DIR: directory, LOG_LEVEL: "silent" }),
  );
  return {
    url: app.url,
    client: new GraphQLClient(app.url),
    close: async () => {
      await app.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
