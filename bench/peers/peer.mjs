import { join } from "node:path";
import { startServer } from "../program.mjs";

/** @param {"constant-apollo" | "bare-http" | "seed-way" | "companion" | "better-upload"} name */
export function startPeer(name, store, env = {}) {
  return startServer(
    [join(import.meta.dirname, `${name}.mjs`)],
    (port) => ({
      ...store.env,
      PORT: String(port),
      BENCH_BUCKET: store.bucket,
      BENCH_ROLE_ARN: store.roleArn,
      ...env,
    }),
    { path: "/healthz" },
  );
}
