import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { bundle } from "../scripts/bundle.mjs";
import { leaveServerProcessor, processors } from "./processors.mjs";
import { withResources } from "./resources.mjs";
import { browserUpload } from "./rows/browser-upload.mjs";
import { coldStart } from "./rows/cold-start.mjs";
import { inProcess } from "./rows/in-process.mjs";
import { memory } from "./rows/memory.mjs";
import { memoryGrowth } from "./rows/memory-growth.mjs";
import { neighbour } from "./rows/neighbour.mjs";
import { requests } from "./rows/requests.mjs";
import { s3Calls } from "./rows/s3-calls.mjs";
import { uploadThroughput } from "./rows/upload-file.mjs";
import { verified } from "./rows/verified.mjs";
import { cephIsInstalled } from "./stores/ceph.mjs";
import { openStore } from "./stores/store.mjs";
import { markdown } from "./table.mjs";

const rows = {
  "in-process": inProcess,
  "s3-calls": s3Calls,
  requests,
  verified,
  "upload-file": uploadThroughput,
  "browser-upload": browserUpload,
  neighbour,
  memory,
  "memory-growth": memoryGrowth,
  "cold-start": coldStart,
};
/** Rows whose figure is the store's as much as the server's: a real one where there is one. */
const rowsOfRealStore = new Set(["verified", "upload-file"]);

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    "cpu-time": { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    store: { type: "string" },
  },
});
const chosen = values.only ?? Object.keys(rows);
for (const name of chosen) {
  if (!Object.hasOwn(rows, name)) throw new Error(`--only ${name}: it takes ${Object.keys(rows).join(", ")}`);
}

const log = (line) => process.stderr.write(`${line}\n`);
const options = { quick: values.quick, long: values.long, cpuTime: values["cpu-time"], log };
const plan = values.quick ? { rounds: 2, seconds: 1 } : { rounds: 5, seconds: 2 };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
// Parts of the server that rows measure by themselves.
await bundle(
  {
    presigner: "src/storage/signing/presigner.ts",
    endpoints: "src/storage/client/endpoints.ts",
    "s3-clients": "src/storage/calls/s3-clients.ts",
    "head-object": "src/storage/objects/head-object.ts",
    "list-objects": "src/storage/objects/list-objects.ts",
    "bucket-settings": "src/core/bucket-settings.ts",
    metrics: "src/core/metrics.ts",
    "embedded-s3": "packages/embedded-s3/src/index.ts",
  },
  "build/bench",
);
leaveServerProcessor();
const startedAt = performance.now();
const sections = await withResources(async (use) => {
  const realStore = values.store ?? ((await cephIsInstalled()) ? "Ceph" : "embedded store");
  const stores = {};
  const sections = [];
  for (const name of chosen) {
    const storeName = values.store ?? (rowsOfRealStore.has(name) ? realStore : "embedded store");
    stores[storeName] ??= use(await openStore(storeName, log));
    log(`\n${name}`);
    const sectionStartedAt = performance.now();
    sections.push(await rows[name]({ store: stores[storeName], ...options, ...plan }));
    log(`${name} took ${secondsSince(sectionStartedAt)} s`);
  }
  return sections;
});

const [{ model }] = cpus();
const pinning = processors
  ? `the server on processor ${processors.server}, all else on ${processors.others}`
  : "nothing pinned: one processor, or no taskset";
process.stdout.write(`${markdown(sections)}

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${model}, \
${Math.round(totalmem() / 2 ** 30)} GiB; ${pinning}; \
${plan.rounds} rounds of ${plan.seconds} s, medians; ${secondsSince(startedAt)} s in all.
`);

function secondsSince(startedAt) {
  return Math.round((performance.now() - startedAt) / 1000);
}
