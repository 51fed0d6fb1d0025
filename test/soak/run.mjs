// npm run soak -- [--minutes 3] [--seed 1] [--actors 6] [--pause 1000] [--leak heap|descriptors|loop]
// Runs mixed load with faults against the built server, prints a report, and ends with 1 if anything was not as it should be.
import { parseArgs } from "node:util";
import { bundle } from "../../scripts/bundle.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    actors: { type: "string", default: "6" },
    pause: { type: "string", default: "1000" },
    leak: { type: "string" },
  },
});

await bundle({ soak: "test/soak/soak.ts" }, "build/soak", { external: [/scripts\/bundle\.mjs$/] });
const { soak } = await import("../../build/soak/soak.js");
const isClean = await soak({
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  actors: Number(values.actors),
  maxPauseMs: Number(values.pause),
  leak: values.leak,
  log: console.log,
});
process.exitCode = isClean ? 0 : 1;
