import { setTimeout as sleep } from "node:timers/promises";
import { Load } from "../load.mjs";
import { residentMebibytes } from "../resident.mjs";
import { withResources } from "../resources.mjs";
import { startValetKey } from "../valet-key.mjs";
import { valetKey } from "./operations.mjs";

/** What the process holds (resident set) while single requests, uploads and batches come in together. */
export function memory({ store, quick, log }) {
  const [earlySeconds, lateSeconds] = quick ? [3, 10] : [10, 30];
  const names = { early: `after ${earlySeconds} s of load`, late: `after ${lateSeconds} s of load` };
  return withResources(async (use) => {
    const server = use(await startValetKey(store));
    const operations = [
      [8, valetKey.downloadUrl(store.bucket)],
      [4, valetKey.requestUpload(store.bucket, "PUT")],
      [2, valetKey.downloadUrls(store.bucket, 1000)],
    ];
    const loads = operations.map(([concurrency, operation]) =>
      use(new Load(server.origin, { concurrency, ...operation })),
    );
    const running = Promise.all(loads.map((load) => load.run(lateSeconds + 1)));
    const sampled = async (atSeconds, sinceSeconds) => {
      await sleep((atSeconds - sinceSeconds) * 1000);
      const mebibytes = await residentMebibytes(server.pid);
      log(`resident after ${atSeconds} s of load: ${mebibytes.toFixed(0)} MiB`);
      return mebibytes;
    };
    const sample = async () => {
      const early = await sampled(earlySeconds, 0);
      return { early, late: await sampled(lateSeconds, earlySeconds + 1) };
    };
    const [{ early, late }] = await Promise.all([sample(), running]);
    return {
      title: "Memory",
      unit: "MiB",
      figures: { [names.early]: [early], [names.late]: [late] },
      comparisons: [{ of: names.late, to: names.early, atMost: 1.5 }],
    };
  });
}
