import { once } from "node:events";
import { startProgram } from "../program.mjs";
import { interleave } from "../rounds.mjs";
import { root, startValetKey } from "../valet-key.mjs";

const names = {
  ready: "from start to ready",
  imports: "importing @apollo/server, client-s3 and client-sts",
};

/** How long `node dist/main.js` takes to respond to /readyz with 200. */
export async function coldStart({ store, rounds, log }) {
  const contenders = {
    [names.ready]: async () => {
      const server = await startValetKey(store);
      await server.stop();
      return server.readyAfterMs;
    },
    [names.imports]: importMs,
  };
  // What is read for the first time comes from the disk.
  for (const warmUp of Object.values(contenders)) await warmUp();
  return {
    title: "Cold start",
    unit: "ms",
    figures: await interleave(rounds, contenders, log),
    comparisons: [{ of: names.ready, to: names.imports, atMost: 1.1 }],
  };
}

async function importMs() {
  const modules = ["@apollo/server", "@aws-sdk/client-s3", "@aws-sdk/client-sts"];
  const source = `${modules.map((name) => `import "${name}";`).join("")} console.log("imported");`;
  const startedAt = performance.now();
  const { child, stop } = startProgram(
    ["--input-type=module", "--eval", source],
    {},
    { cwd: root, output: "pipe" },
  );
  await once(child.stdout, "data");
  const importedAfterMs = performance.now() - startedAt;
  await stop();
  return importedAfterMs;
}
