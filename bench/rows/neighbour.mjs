import { setTimeout as sleep } from "node:timers/promises";
import { Load } from "../load.mjs";
import { startPeer } from "../peers/peer.mjs";
import { withResources } from "../resources.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";
import { companion, valetKey } from "./operations.mjs";

const names = {
  alone: "one downloadUrl, no other load",
  beside: "one downloadUrl while batches of 1,000 run",
  besidePages: "one downloadUrl while pages of 1,000 run",
  companionBeside: "Companion, one part while batches of 100 run",
};
/** Callers with a batch each, one after the other. */
const batchCallers = 2;

/** How long another caller's small request waits while batches run: the event loop's delay, from outside. */
export function neighbour({ store, rounds, seconds, log }) {
  return withResources(async (use) => {
    const { bucket } = store;
    const server = use(await startValetKey(store));
    const peer = use(await startPeer("companion", store));
    const load = (origin, concurrency, operation) => use(new Load(origin, { concurrency, ...operation }));

    const single = load(server.origin, 1, valetKey.downloadUrl(bucket));
    const batches = load(server.origin, batchCallers, valetKey.downloadUrls(bucket, 1000));
    const pages = load(server.origin, batchCallers, valetKey.page(bucket));
    const peerSingle = load(peer.origin, 1, companion.signPart());
    const peerBatches = load(peer.origin, batchCallers, companion.signParts(100));
    for (const each of [single, batches, pages, peerSingle, peerBatches]) await each.run(1);

    const contenders = {
      [names.alone]: () => slowestOfHundredMs(single, seconds),
      [names.beside]: () => besideBatches(single, batches, seconds),
      [names.besidePages]: () => besideBatches(single, pages, seconds),
      [names.companionBeside]: () => besideBatches(peerSingle, peerBatches, seconds),
    };
    return {
      title: "Another caller's wait, 99th percentile",
      unit: "ms",
      figures: await interleave(rounds, contenders, log),
      comparisons: [
        { of: names.beside, to: names.companionBeside },
        { of: names.beside, to: names.alone },
        { of: names.besidePages, to: names.alone },
      ],
    };
  });
}

async function besideBatches(single, batches, seconds) {
  const [ms] = await Promise.all([slowestOfHundredMs(single, seconds), batches.run(seconds)]);
  return ms;
}

async function slowestOfHundredMs(single, seconds) {
  const waitsMs = [];
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt; await sleep(5)) {
    const sentAt = performance.now();
    await single.once();
    waitsMs.push(performance.now() - sentAt);
  }
  return waitsMs.sort((a, b) => a - b)[Math.floor(waitsMs.length * 0.99)];
}
