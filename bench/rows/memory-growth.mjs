import { startIssuer } from "../issuer.mjs";
import { Load } from "../load.mjs";
import { residentMebibytes } from "../resident.mjs";
import { withResources } from "../resources.mjs";
import { startValetKey } from "../valet-key.mjs";
import { valetKey } from "./operations.mjs";

const connections = 16;
const warmUpRequests = 20_000;

/**
 * What the process holds (resident set) after many callers with a token and a role session each, and after many requests of
 * one caller.
 */
export function memoryGrowth({ store, quick, long, log }) {
  const [callers, requests] = quick ? [1_000, 20_000] : long ? [100_000, 1_000_000] : [10_000, 50_000];
  const many = (count, what) => `after ${count.toLocaleString("en")} ${what}`;
  const names = {
    warm: many(warmUpRequests, "requests of one caller"),
    callers: many(callers, "callers"),
    requests: many(requests + warmUpRequests, "requests of one caller"),
  };
  return withResources(async (use) => {
    const issuer = use(await startIssuer("ES256"));

    /** The resident set of a new server after the warm-up, and after the load. */
    const measure = async (operation, count, env) => {
      const server = await startValetKey(store, env);
      const loads = [valetKey.downloadUrl(store.bucket), operation].map(
        (each) => new Load(server.origin, { concurrency: connections, ...each }),
      );
      try {
        await loads[0].repeat(warmUpRequests);
        const warm = await residentMebibytes(server.pid);
        await loads[1].repeat(count);
        return [warm, await residentMebibytes(server.pid)];
      } finally {
        for (const resource of [...loads, server]) await resource.stop();
      }
    };

    const manyCallers = valetKey.downloadUrlWithToken(store.bucket, await callersOf(issuer, callers));
    const [warmBefore, afterCallers] = await measure(manyCallers, callers, issuer.env);
    log(`resident ${names.callers}: ${afterCallers.toFixed(0)} MiB, before: ${warmBefore.toFixed(0)} MiB`);
    const [warm, afterRequests] = await measure(valetKey.downloadUrl(store.bucket), requests);
    log(`resident ${names.requests}: ${afterRequests.toFixed(0)} MiB, before: ${warm.toFixed(0)} MiB`);
    return {
      title: "Memory, by callers and by requests",
      unit: "MiB",
      figures: {
        [names.warm]: [(warmBefore + warm) / 2],
        [names.callers]: [afterCallers],
        [names.requests]: [afterRequests],
      },
      comparisons: [
        { of: names.callers, to: names.warm },
        { of: names.requests, to: names.warm, atMost: 1.5 },
      ],
    };
  });
}

async function callersOf(issuer, count) {
  const callers = [];
  for (let i = 0; i < count; i++) {
    const subject = `caller-${i}`;
    callers.push({ subject, token: await issuer.token(subject) });
  }
  return callers;
}
