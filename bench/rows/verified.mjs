import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Load } from "../load.mjs";
import { startPeer } from "../peers/peer.mjs";
import { rateOf } from "../processor-time.mjs";
import { withResources } from "../resources.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";
import { seedWay, valetKey } from "./operations.mjs";

const names = {
  verified: "downloadUrl(verify: true)",
  seed: "AssumeRole, two HEADs and the SDK for each request",
  store: "presigned HEAD, directly to the store",
};

/** URLs of objects that were looked up first, in the same store. */
export function verified({ store, rounds, seconds, cpuTime, log }) {
  return withResources(async (use) => {
    const { bucket, keys } = store;
    const server = use(await startValetKey(store));
    const seed = use(await startPeer("seed-way", store));
    const heads = await presignedHeads(store);
    const loads = {
      [names.verified]: [server, valetKey.verifiedDownloadUrl(bucket, keys)],
      [names.seed]: [seed, seedWay.item(bucket, keys)],
      // The processor time of the store is not measured.
      ...(!cpuTime && { [names.store]: [{ origin: store.endpoint }, heads] }),
    };
    const contenders = {};
    for (const [name, [target, operation]] of Object.entries(loads)) {
      const load = use(new Load(target.origin, { concurrency: 16, ...operation }));
      await load.run(3);
      contenders[name] = () => rateOf(load, target, seconds, cpuTime);
    }
    return {
      title: `Objects verified first (${store.name})`,
      unit: cpuTime ? "URLs/CPU s" : "URLs/s",
      figures: await interleave(rounds, contenders, log),
      comparisons: [
        { of: names.verified, to: names.seed, atLeast: 8 },
        ...(cpuTime ? [] : [{ of: names.verified, to: names.store }]),
      ],
    };
  });
}

/** What the store itself can do, which limits every URL that is verified. */
async function presignedHeads({ endpoint, region, adminCredentials, bucket, keys }) {
  const s3 = new S3Client({ endpoint, region, credentials: adminCredentials, forcePathStyle: true });
  const urls = keys.map((key) => getSignedUrl(s3, new HeadObjectCommand({ Bucket: bucket, Key: key })));
  const paths = (await Promise.all(urls)).map((url) => url.slice(endpoint.length));
  return { request: (i) => ({ method: "HEAD", path: paths[i % paths.length] }), check: () => true };
}
