// npm run fuzz -- [--minutes 10] [--seed 1]: sends hostile documents to the built server, one at a time, and reports how
// long each kind held its event loop and how much memory it took. Ends with 1 if a document does either too much, three times.
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
const maxHeldMs = 100;
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

async function startServer(store, accessFile) {
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
    VALETKEY_GRANTS: accessFile,
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
const accessFile = join(folder, "grants.json");
const grant = { who: "anonymous", bucket: "demo", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] };
await writeFile(accessFile, JSON.stringify({ grants: [grant] }));
const { server, url } = await startServer(store, accessFile);

/** Sends one document, and measures the server meanwhile. */
async function measure(request) {
  const { shape: _, ...body } = request;
  await ask(server, "start");
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return { ...(await ask(server, "stop")), status: response.status };
}

/** The same document once more, with another text, since a document that is known costs less than a new one. */
const renewed = (request, count) => ({ ...request, query: `${request.query}#${count}` });

const isTooMuch = ({ heldMs, grownBytes }) => heldMs > maxHeldMs || grownBytes > maxGrownBytes;

const fuzzer = createFuzzer(Number(values.seed));
for (let count = 0; count < 100; count += 1) await measure(fuzzer.next());
const warm = await ask(server, "collect");

const rows = new Map();
const findings = [];
const endsAt = Date.now() + Number(values.minutes) * 60_000;
let total = 0;
while (Date.now() < endsAt) {
  const request = fuzzer.next();
  const results = [await measure(request)];
  // Compilation or garbage of earlier documents may be the cause: the document has to do it again.
  while (isTooMuch(results.at(-1)) && results.length < 3) {
    results.push(await measure(renewed(request, results.length)));
  }
  if (isTooMuch(results.at(-1))) findings.push({ request, result: results.at(-1) });
  total += 1;
  const row = rows.get(request.shape) ?? { documents: 0, results: [] };
  row.documents += 1;
  row.results.push(results);
  rows.set(request.shape, row);
}
const after = await ask(server, "collect");

const MiB = (bytes) => (bytes / 2 ** 20).toFixed(1);
console.log(
  "| documents | number | loop held, ms | loop held by the document each time, ms | CPU time, ms | grown, MiB | statuses |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
const most = (figures) => figures.reduce((largest, figure) => Math.max(largest, figure), 0);
for (const [shape, { documents, results }] of rows) {
  const all = results.flat();
  const max = (figure) => most(all.map((result) => result[figure]));
  const heldEachTime = most(results.map((ofOne) => Math.min(...ofOne.map(({ heldMs }) => heldMs))));
  const statuses = [...new Set(all.map(({ status }) => status))].sort();
  const counts = statuses.map((each) => `${each}: ${all.filter(({ status }) => status === each).length}`);
  console.log(
    `| ${shape} | ${documents} | ${max("heldMs").toFixed(1)} | ${heldEachTime.toFixed(1)} | ${max("cpuMs").toFixed(1)} | ${MiB(max("grownBytes"))} | ${counts.join(", ")} |`,
  );
}
console.log(
  `\n${total} documents, seed ${values.seed}; RSS ${MiB(warm.rss)} MiB when warm, ${MiB(after.rss)} MiB at the end; heap ${MiB(warm.heapUsed)} and ${MiB(after.heapUsed)} MiB.`,
);
for (const { request, result } of findings) {
  const text = JSON.stringify(request);
  console.log(
    `\nToo much, three times: ${JSON.stringify(result)}\n${text.slice(0, 1000)} … ${text.slice(-1000)}`,
  );
}
const kept = after.heapUsed - warm.heapUsed;
if (kept > maxGrownBytes) console.log("\nThe process kept more than 64 MiB.");
process.exitCode = findings.length > 0 || kept > maxGrownBytes || total === 0 ? 1 : 0;

const ended = once(server, "exit");
server.kill("SIGTERM");
await ended;
await store.close();
await rm(folder, { recursive: true, force: true });
