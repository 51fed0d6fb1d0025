import { Buckets } from "../../build/bench/bucket-settings.js";
import { Endpoints } from "../../build/bench/endpoints.js";
import { headObject } from "../../build/bench/head-object.js";
import { listObjects, parsePage } from "../../build/bench/list-objects.js";
import { createMetrics } from "../../build/bench/metrics.js";
import { S3Clients } from "../../build/bench/s3-clients.js";
import { interleave } from "../rounds.mjs";
import { names } from "./s3-calls-names.mjs";

const [port, rounds, seconds] = process.argv.slice(2).map(Number);
const buckets = new Buckets();
const endpoints = new Endpoints({ forcePathStyle: true, endpoint: `http://127.0.0.1:${port}`, buckets });
const clients = new S3Clients({ endpoints, buckets, metrics: createMetrics() });
const address = { region: "us-east-1", bucket: "photos", key: "photos/2024/06/IMG_100000.jpg" };
const page = parsePage({ prefix: "", first: 1000 });

const direct = newClient();
const bySdk = newClient();
// The method of the SDK's class: without the one that sends some calls directly.
delete bySdk.send;

const contenders = {
  [names.head]: processorTime(16, () => headObject(direct, address)),
  [names.headBySdk]: processorTime(16, () => headObject(bySdk, address)),
  [names.page]: processorTime(4, () => listObjects(direct, address, page)),
  [names.pageBySdk]: processorTime(4, () => listObjects(bySdk, address, page)),
};
for (const warmUp of Object.values(contenders)) await warmUp();
process.stdout.write(JSON.stringify(await interleave(rounds, contenders, () => {})));
clients.close();

function newClient() {
  const credentials = {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: "secret",
    sessionToken: "token".repeat(100),
  };
  const session = { credentials, expiresAt: new Date(Date.now() + 3_600_000), sessionName: "bench" };
  return clients.for(session, address);
}

/** Microseconds of this process for a call, over calls of which some are always in progress. */
function processorTime(concurrency, call) {
  return async () => {
    const startedAt = performance.now();
    const before = process.cpuUsage();
    let calls = 0;
    const caller = async () => {
      while (performance.now() - startedAt < seconds * 1000) {
        await call();
        calls += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  };
}
