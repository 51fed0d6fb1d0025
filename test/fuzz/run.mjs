// npm run fuzz -- [--minutes 10] [--seed 1]: sends hostile documents to the built server, one at a time, and reports how
// long each kind held its event loop and how much memory it took. Ends with 1 if a document does either too much, twice.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { bundle } from "../../scripts/bundle.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
});
const maxDelayMs = 100;
const maxGrownBytes = 64 * 2 ** 20;
const probe = join(import.meta.dirname, "probe.mjs");

await bundle(
  { fuzzer: "test/fuzz/fuzzer.ts", "embedded-s3": "packages/embedded-s3/src/index.ts" },
  "build/fuzz",
);
const { createFuzzer } = await import("../../build/fuzz/fuzzer.js");
const { startEmbeddedS3 } = await import("../../build/fuzz/embedded-s3.js");

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

async function startServer(store, grantsFile) {
  const server = startProbed("dist/main.js", {
    NODE_ENV: "production",
    PORT: "0",
    AWS_REGION: store.region,
    AWS_ENDPOINT_URL: store.endpoint,
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    VALETKEY_ROLE_ARN: store.roleArn,
    VALETKEY_FORCE_PATH_STYLE: "true",
    VALETKEY_GRANTS: grantsFile,
    VALETKEY_SECRET: "the-secret-of-the-fuzzer-and-of-no-one-else",
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
const grantsFile = join(folder, "grants.json");
const grant = { who: "anonymous", bucket: "demo", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] };
await writeFile(grantsFile, JSON.stringify({ grants: [grant] }));
const { server, url } = await startServer(store, grantsFile);
// Does nothing: what delays its event loop is the machine.
const idle = startProbed(join(import.meta.dirname, "idle.mjs"), {});

/** Sends one document, and measures both processes meanwhile. */
async function measure(request) {
  const { shape: _, ...body } = request;
  await Promise.all([ask(server, "start"), ask(idle, "start")]);
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  const [ofServer, ofIdle] = await Promise.all([ask(server, "stop"), ask(idle, "stop")]);
  return { ...ofServer, idleMs: ofIdle.delayMs, status: response.status };
}

const isTooMuch = ({ delayMs, idleMs, grownBytes }) =>
  delayMs - idleMs > maxDelayMs || grownBytes > maxGrownBytes;

const fuzzer = createFuzzer(Number(values.seed));
for (let count = 0; count < 100; count += 1) await measure(fuzzer.next());
const { rss: warm } = await ask(server, "collect");

const rows = new Map();
const findings = [];
const endsAt = Date.now() + Number(values.minutes) * 60_000;
let total = 0;
while (Date.now() < endsAt) {
  const request = fuzzer.next();
  let result = await measure(request);
  // The machine, or a collection of everything that came before: the same document has to do it again.
  if (isTooMuch(result)) {
    result = await measure(request);
    if (isTooMuch(result)) findings.push({ request, result });
  }
  total += 1;
  const row = rows.get(request.shape) ?? { documents: 0, delayMs: 0, idleMs: 0, grownBytes: 0, statuses: {} };
  rows.set(request.shape, {
    documents: row.documents + 1,
    delayMs: Math.max(row.delayMs, result.delayMs),
    idleMs: Math.max(row.idleMs, result.idleMs),
    grownBytes: Math.max(row.grownBytes, result.grownBytes),
    statuses: { ...row.statuses, [result.status]: (row.statuses[result.status] ?? 0) + 1 },
  });
}
const { rss: after } = await ask(server, "collect");

const MiB = (bytes) => (bytes / 2 ** 20).toFixed(1);
console.log("| documents | number | loop held, max ms | idle process, max ms | grown, max MiB | statuses |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const [shape, { documents, delayMs, idleMs, grownBytes, statuses }] of rows) {
  const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
  console.log(
    `| ${shape} | ${documents} | ${delayMs.toFixed(1)} | ${idleMs.toFixed(1)} | ${MiB(grownBytes)} | ${counts.join(", ")} |`,
  );
}
console.log(
  `\n${total} documents, seed ${values.seed}; RSS ${MiB(warm)} MiB when warm, ${MiB(after)} MiB at the end.`,
);
for (const { request, result } of findings) {
  console.log(`\nToo much, twice: ${JSON.stringify(result)}\n${JSON.stringify(request).slice(0, 2000)}`);
}
if (after - warm > maxGrownBytes) console.log("\nThe process kept more than 64 MiB.");
process.exitCode = findings.length > 0 || after - warm > maxGrownBytes || total === 0 ? 1 : 0;

const ended = [server, idle].map((child) => once(child, "exit"));
server.kill("SIGTERM");
idle.kill("SIGTERM");
await Promise.all(ended);
await store.close();
await rm(folder, { recursive: true, force: true });
