// node bench/simulation/run.mjs [--detail 1]: compares the model of docs/scaling.md with the real pool of sessions on a
// virtual clock, writes the tables to stdout and the charts to docs/images/scaling. --detail multiplies how many callers
// are simulated, and so the time that it takes.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../scripts/bundle.mjs";

await bundle(
  { scenarios: "bench/simulation/scenarios.ts", report: "bench/simulation/report.ts" },
  "build/simulation",
);
const { compare, runIntoWall, walls, workloads } = await import("../../build/simulation/scenarios.js");
const { charts, comparisonTable, largestDifference, wallTable } = await import(
  "../../build/simulation/report.js"
);
const { values } = parseArgs({ options: { detail: { type: "string", default: "1" } } });
const startedAtMs = performance.now();

const comparisons = [];
for (const workload of workloads()) {
  process.stderr.write(`${JSON.stringify(workload)}\n`);
  comparisons.push(await compare(workload, Number(values.detail)));
}
const outcomes = [];
for (const wall of walls()) {
  process.stderr.write(`${JSON.stringify(wall)}\n`);
  outcomes.push([wall, await runIntoWall(wall)]);
}

const directory = "docs/images/scaling";
await mkdir(directory, { recursive: true });
for (const [name, svg] of charts(comparisons)) await writeFile(join(directory, name), svg);
const bytes = comparisons.flatMap(({ redisBytesPerEntry }) => redisBytesPerEntry ?? []);
console.log(comparisonTable(comparisons));
console.log(largestDifference(comparisons));
console.log(`A session in Redis has ${Math.round(Math.max(...bytes))} bytes with its key.`);
console.log(wallTable(outcomes));
const { user, system } = process.cpuUsage();
console.log(
  `${Math.round((performance.now() - startedAtMs) / 1_000)} s, of which ${Math.round((user + system) / 1e6)} s of processor time.`,
);
