import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./program.mjs";

export const root = join(import.meta.dirname, "..");

/** What the access file gives: anybody the whole bucket, and everybody with a token a folder of their own. */
const grants = (bucket) => ({
  grants: [
    { who: "anonymous", bucket, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
    {
      who: "authenticated",
      bucket,
      prefix: "users/{sub}/",
      allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
    },
  ],
});

/**
 * Valet Key as it is run in production: `node dist/main.js`, a role, an access file, logs at their default level.
 * @param {import("./stores/store.mjs").Store} store
 * @param {Record<string, string>} env
 * @param {{ anyProcessor?: boolean }} options
 */
export async function startValetKey(store, env = {}, { anyProcessor } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "valetkey-bench-"));
  const accessFile = join(directory, "grants.json");
  await writeFile(accessFile, JSON.stringify(grants(store.bucket)));
  const server = await startServer(
    ["dist/main.js"],
    (port) => ({
      ...store.env,
      PORT: String(port),
      VALETKEY_ROLE_ARN: store.roleArn,
      VALETKEY_GRANTS: accessFile,
      VALETKEY_FORCE_PATH_STYLE: "true",
      VALETKEY_SECRET: "known to everybody who reads the bench",
      VALETKEY_DRAIN_SECONDS: "1",
      ...env,
    }),
    { path: "/readyz", cwd: root, anyProcessor },
  );
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}
