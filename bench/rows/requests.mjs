import { startIssuer } from "../issuer.mjs";
import { Load } from "../load.mjs";
import { startPeer } from "../peers/peer.mjs";
import { rateOf } from "../processor-time.mjs";
import { withResources } from "../resources.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";
import { betterUpload, companion, valetKey } from "./operations.mjs";

const connections = 16;
/** A few requests of so many URLs keep a server busy. */
const batchConnections = 4;
/** V8 optimizes a server of one URL a request for 4 s under load, and some of it again after 16,000 requests. */
const warmUpSeconds = 6;
const warmUpSecondsOfBatches = 1.5;
const callerCount = 50;
/** One round of the bench is this many here: the shorter the time between two measurements, the less the machine's speed changes. */
const roundsPerRound = 2;
const secondsOfRound = 1 / 4;

const names = {
  constant: "constant response (Apollo on Fastify)",
  bare: "a signature on bare node:http",
  download: "downloadUrl(verify: false)",
  downloadWithToken: "downloadUrl(verify: false), a token on each request",
  put: "requestUpload PUT",
  post: "requestUpload POST",
  batch100: "downloadUrls, 100 a request",
  batch1000: "downloadUrls, 1,000 a request",
  page: "objects(first: 1000) with URLs",
  pageWithoutUrls: "objects(first: 1000) without URLs",
  companionPost: "Companion, presigned POST",
  companionPart: "Companion, one part",
  companionParts: "Companion, 100 parts a request",
  betterUploadPut: "better-upload, presigned PUT",
};

/** The store handles these too, on the load generator's processor. */
const asksStore = [names.page, names.pageWithoutUrls];

/**
 * URLs signed over HTTP, with no call to S3 but a list's, by everybody.
 * @param {{ cpuTime: boolean }} options cpuTime: by the second of the server's own processor time
 */
export function requests({ store, rounds, seconds, cpuTime, log }) {
  return withResources(async (use) => {
    const issuer = use(await startIssuer());
    const subjects = Array.from({ length: callerCount }, (_, i) => `user-${i}`);
    const callers = await Promise.all(
      subjects.map(async (subject) => ({ subject, token: await issuer.token(subject) })),
    );
    const { bucket } = store;
    const anonymous = use(await startValetKey(store));
    const authenticated = use(await startValetKey(store, issuer.env));
    const companionServer = use(await startPeer("companion", store));
    const betterUploadServer = use(await startPeer("better-upload", store));
    const bare = use(await startPeer("bare-http", store));
    const constant = use(
      await startPeer("constant-apollo", store, { BENCH_RESPONSE: await responseOf(anonymous, bucket) }),
    );

    const loads = {
      [names.constant]: [constant, valetKey.downloadUrl(bucket)],
      [names.bare]: [bare, valetKey.downloadUrl(bucket)],
      [names.download]: [anonymous, valetKey.downloadUrl(bucket)],
      [names.downloadWithToken]: [authenticated, valetKey.downloadUrlWithToken(bucket, callers)],
      [names.put]: [anonymous, valetKey.requestUpload(bucket, "PUT")],
      [names.post]: [anonymous, valetKey.requestUpload(bucket, "POST")],
      [names.companionPost]: [companionServer, companion.presignedPost()],
      [names.companionPart]: [companionServer, companion.signPart()],
      [names.betterUploadPut]: [betterUploadServer, betterUpload.presignedPut()],
      [names.batch100]: [anonymous, valetKey.downloadUrls(bucket, 100), 100],
      [names.batch1000]: [anonymous, valetKey.downloadUrls(bucket, 1000), 1000],
      [names.companionParts]: [companionServer, companion.signParts(100), 100],
      [names.page]: [anonymous, valetKey.page(bucket), 1000],
      [names.pageWithoutUrls]: [anonymous, valetKey.pageWithoutUrls(bucket), 1000],
    };
    const contenders = {};
    for (const [name, [server, operation, urls = 1]] of Object.entries(loads)) {
      const concurrency = urls === 1 ? connections : batchConnections;
      const staysAwake = !asksStore.includes(name);
      const load = use(new Load(server.origin, { concurrency, staysAwake, ...operation }));
      await load.run(urls === 1 ? warmUpSeconds : warmUpSecondsOfBatches);
      contenders[name] = async () => urls * (await rateOf(load, server, seconds * secondsOfRound, cpuTime));
    }
    return {
      title: "Requests that sign",
      unit: cpuTime ? "URLs/CPU s" : "URLs/s",
      figures: await interleave(rounds * roundsPerRound, contenders, log),
      comparisons,
    };
  });
}

/** A real response, so that the constant has the same size. */
async function responseOf(server, bucket) {
  const load = new Load(server.origin, { concurrency: 1, ...valetKey.downloadUrl(bucket) });
  const response = JSON.parse(await load.once());
  await load.stop();
  return JSON.stringify(response.data.downloadUrl);
}

const comparisons = [
  { of: names.download, to: names.constant, atLeast: 1.3 },
  { of: names.downloadWithToken, to: names.constant, atLeast: 1.15 },
  { of: names.download, to: names.bare, atLeast: 0.6 },
  { of: names.download, to: names.companionPart },
  { of: names.put, to: names.companionPost, atLeast: 16 },
  { of: names.put, to: names.betterUploadPut, atLeast: 2.5 },
  { of: names.post, to: names.companionPost },
  { of: names.batch100, to: names.companionPost, atLeast: 150 },
  { of: names.batch100, to: names.companionParts },
  { of: names.batch1000, to: names.companionParts },
  { of: names.page, to: names.pageWithoutUrls, atLeast: 0.75 },
];
