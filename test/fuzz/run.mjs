// npm run fuzz -- [--minutes 10] [--seed 1] [--only documents,variables,multipart,bytes,tokens]
// Sends hostile requests to the built server, one at a time, and reports how long each kind held its event loop and how much
// memory it took. Ends with 1 if a request does either too much, three times, or if a response is not what it has to be.
// What it finds is written to build/fuzz/findings, in the form of test/fuzz/corpus.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { bundle } from "../../scripts/bundle.mjs";

const maxHeldMs = 100;
const maxGrownBytes = 64 * 2 ** 20;
const maxFindings = 50;
const probe = join(import.meta.dirname, "probe.mjs");

await bundle(
  { fuzzer: "test/fuzz/fuzzer.ts", "embedded-s3": "packages/embedded-s3/src/index.ts" },
  "build/fuzz",
);
const {
  createFuzzer,
  exchange,
  findingAbout,
  fuzzerNames,
  fuzzGrants,
  publishedKeys,
  signedToken,
  startFuzzIssuer,
  tokenSettings,
} = await import("../../build/fuzz/fuzzer.js");
const { startEmbeddedS3 } = await import("../../build/fuzz/embedded-s3.js");

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: fuzzerNames.join(",") },
  },
});
const names = values.only.split(",");
const unknown = names.find((name) => !fuzzerNames.includes(name));
if (unknown !== undefined) throw new Error(`There is no fuzzer ${unknown}, only ${fuzzerNames.join(", ")}.`);

/** A process with the probe in it. */
function startProbed(program, environment) {
  return fork(program, {
    execArgv: ["--expose-gc", "--import", probe],
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
}

async function ask(child, message) {
  child.send(message);
  const [reply] = await once(child, "message");
  return reply;
}

async function startServer(store, accessFile, jwksUrl) {
  const server = startProbed("dist/main.js", {
    NODE_ENV: "production",
    PORT: "0",
    AWS_REGION: store.region,
    AWS_ENDPOINT_URL: store.endpoint,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    VALETKEY_ROLE_ARN: store.roleArn,
    VALETKEY_FORCE_PATH_STYLE: "true",
    VALETKEY_GRANTS: accessFile,
    VALETKEY_SECRET: "the-secret-of-the-fuzzer-and-of-no-one-else",
    ...tokenSettings(jwksUrl),
  });
  const url = await new Promise((resolve, reject) => {
    createInterface(server.stdout).on("line", (line) => {
      const entry = JSON.parse(line);
      if (entry.msg === "Valet Key is ready") resolve(entry.url);
    });
    server.once("exit", () => reject(new Error("The server ended before it was ready.")));
  });
  return { server, url };
}

const folder = await mkdtemp(join(tmpdir(), "valetkey-fuzz-"));
const store = await startEmbeddedS3({});
const issuer = await startFuzzIssuer();
const accessFile = join(folder, "grants.json");
await writeFile(accessFile, JSON.stringify({ grants: fuzzGrants }));
const { server, url } = await startServer(store, accessFile, issuer.jwksUrl);
const port = Number(new URL(url).port);
server.once("exit", (code, signal) => {
  if (!isEnding) console.log(`\nThe server ended: ${code ?? signal}`);
});
let isEnding = false;

/** Sends one request, and measures the server meanwhile. */
async function measure(name, request) {
  await ask(server, "start");
  const exchanged = await exchange(port, request.bytes, request);
  const measured = await ask(server, "stop");
  const finding = findingAbout(name, request, exchanged);
  return { ...measured, finding, status: exchanged.responses[0]?.status ?? "none" };
}

const [key] = publishedKeys;
const claims = {
  iss: "https://issuer.fuzz.example",
  aud: "valetkey-fuzz",
  sub: "canary",
  exp: 4_102_444_800,
};
const canaryToken = signedToken(key, { alg: key.alg, kid: key.kid }, claims);

/** A request of another caller, which must be served whatever happened before it. */
async function findingAboutCanary() {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${canaryToken}` },
    body: JSON.stringify({ query: "{ viewer { subject } }" }),
  });
  const text = await response.text();
  return text.trim() === '{"data":{"viewer":{"subject":"canary"}}}'
    ? undefined
    : `Another caller got: ${response.status} ${text}`;
}

/** The same request once more, as another document if it has one, since a document that is known costs less. */
const renewed = (request, count) => ({ ...request, bytes: request.renewed?.(count) ?? request.bytes });

const isTooMuch = ({ heldMs, grownBytes }) => heldMs > maxHeldMs || grownBytes > maxGrownBytes;

const findings = [];
async function keep(fuzzer, request, why) {
  findings.push(why);
  console.log(`FINDING ${findings.length}, ${fuzzer}, ${request.shape}: ${why}`);
  const entry = { fuzzer, why, bytes: request.bytes.toString("latin1"), isWellFramed: request.isWellFramed };
  await mkdir("build/fuzz/findings", { recursive: true });
  await writeFile(
    `build/fuzz/findings/${fuzzer}-${values.seed}-${findings.length}.json`,
    JSON.stringify(entry),
  );
}

const fuzzers = names.map((name) => ({ name, fuzzer: createFuzzer(name, Number(values.seed)) }));
for (let count = 0; count < 100; count += 1) {
  const { name, fuzzer } = fuzzers[count % fuzzers.length];
  await measure(name, fuzzer.next());
}
const warm = await ask(server, "collect");

const rows = new Map();
const endsAt = Date.now() + Number(values.minutes) * 60_000;
let total = 0;
while (Date.now() < endsAt && findings.length < maxFindings && server.exitCode === null) {
  const { name, fuzzer } = fuzzers[total % fuzzers.length];
  const request = fuzzer.next();
  const results = [await measure(name, request)];
  // Compilation or garbage of earlier requests may be the cause: the request has to do it again, without their garbage.
  while (isTooMuch(results.at(-1)) && results.length < 3) {
    await ask(server, "collect");
    results.push(await measure(name, renewed(request, results.length)));
  }
  const { heldMs, grownBytes } = results.at(-1);
  if (isTooMuch(results.at(-1)))
    await keep(name, request, `Too much, three times: held ${heldMs} ms, grown ${grownBytes} bytes`);
  const finding =
    results.find((result) => result.finding !== undefined)?.finding ?? (await findingAboutCanary());
  if (finding !== undefined) await keep(name, request, finding);
  total += 1;
  const shape = `${name}: ${request.shape}`;
  const row = rows.get(shape) ?? { requests: 0, results: [] };
  row.requests += 1;
  row.results.push(results);
  rows.set(shape, row);
}
const after = await ask(server, "collect");

const MiB = (bytes) => (bytes / 2 ** 20).toFixed(1);
console.log(
  "| requests | number | loop held, ms | loop held by the request each time, ms | CPU time, ms | grown, MiB | statuses |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
const most = (figures) => figures.reduce((largest, figure) => Math.max(largest, figure), 0);
for (const [shape, { requests, results }] of [...rows].sort(([a], [b]) => a.localeCompare(b))) {
  const all = results.flat();
  const max = (figure) => most(all.map((result) => result[figure]));
  const heldEachTime = most(results.map((ofOne) => Math.min(...ofOne.map(({ heldMs }) => heldMs))));
  const statuses = [...new Set(all.map(({ status }) => status))].sort();
  const counts = statuses.map((each) => `${each}: ${all.filter(({ status }) => status === each).length}`);
  console.log(
    `| ${shape} | ${requests} | ${max("heldMs").toFixed(1)} | ${heldEachTime.toFixed(1)} | ${max("cpuMs").toFixed(1)} | ${MiB(max("grownBytes"))} | ${counts.join(", ")} |`,
  );
}
console.log(
  `\n${total} requests, ${findings.length} findings, seed ${values.seed}; RSS ${MiB(warm.rss)} MiB when warm, ${MiB(after.rss)} MiB at the end; heap ${MiB(warm.heapUsed)} and ${MiB(after.heapUsed)} MiB.`,
);
const kept = after.heapUsed - warm.heapUsed;
if (kept > maxGrownBytes) console.log("\nThe process kept more than 64 MiB.");
process.exitCode = findings.length > 0 || kept > maxGrownBytes || total === 0 ? 1 : 0;

isEnding = true;
const ended = once(server, "exit");
server.kill("SIGTERM");
await ended;
await issuer.close();
await store.close();
await rm(folder, { recursive: true, force: true });
