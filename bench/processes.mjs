// node bench/processes.mjs [--rounds N] [--seconds N], after npm run build and npm ci --prefix bench: the throughput of 1, 2
// and 3 replicas behind nginx, and of 1 and 2 workers, as Markdown. Nothing is pinned: all of them, nginx, the store and the
// load generator share the processors of the machine. It needs nginx on PATH and Linux.
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { bundle } from "../scripts/bundle.mjs";
import { Load } from "./load.mjs";
import { startNginx } from "./nginx.mjs";
import { processorSeconds } from "./processor-time.mjs";
import { withResources } from "./resources.mjs";
import { interleave, ratios, summary } from "./rounds.mjs";
import { valetKey } from "./rows/operations.mjs";
import { openStore } from "./stores/store.mjs";
import { startValetKey } from "./valet-key.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "2" } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const connections = 32;
const warmUpSeconds = 1.5;

const log = (line) => process.stderr.write(`${line}\n`);
await bundle({ "embedded-s3": "packages/embedded-s3/src/index.ts" }, "build/bench");

await withResources(async (use) => {
  const store = use(await openStore("embedded store", log));
  const start = async (env = {}) => use(await startValetKey(store, env, { anyProcessor: true }));
  const replicas = [await start(), await start(), await start()];
  const single = { origin: replicas[0].origin, servers: [replicas[0].pid], proxies: [] };
  const set = { "1 process": single };
  for (const count of [1, 2, 3]) {
    const behind = replicas.slice(0, count);
    const nginx = use(await startNginx(behind.map(({ origin }) => origin)));
    const servers = behind.map(({ pid }) => pid);
    set[`${count} behind nginx`] = { origin: nginx.origin, servers, proxies: withChildren(nginx.pid) };
  }
  for (const workers of [1, 2]) {
    const { origin, pid } = await start({ VALETKEY_WORKERS: String(workers) });
    set[`VALETKEY_WORKERS=${workers}`] = { origin, servers: withChildren(pid), proxies: [] };
  }

  /** Milliseconds of processor time for each request, by contender: one entry a round. */
  const costs = {};
  const contenders = {};
  for (const [name, { origin, servers, proxies }] of Object.entries(set)) {
    const load = use(new Load(origin, { concurrency: connections, ...valetKey.downloadUrl(store.bucket) }));
    await load.run(warmUpSeconds);
    costs[name] = { server: [], proxy: [], load: [] };
    const used = () => ({
      server: total(servers),
      proxy: total(proxies),
      load: processorSeconds(process.pid),
      at: performance.now() / 1000,
    });
    contenders[name] = async () => {
      const before = used();
      const perSecond = await load.run(seconds);
      const after = used();
      const requests = perSecond * (after.at - before.at);
      for (const who of ["server", "proxy", "load"])
        costs[name][who].push(((after[who] - before[who]) * 1000) / requests);
      return perSecond;
    };
  }
  const figures = await interleave(rounds, contenders, log);
  print(figures, costs);
});

function print(figures, costs) {
  const medianOf = (list) => summary(list).median;
  const milliseconds = (list) => (medianOf(list) === 0 ? "" : medianOf(list).toFixed(2));
  const lines = [
    "| processes | requests/s | ratio (min to max) | ms of servers | ms of nginx | ms of the load generator |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  for (const [name, list] of Object.entries(figures)) {
    const ratio = summary(ratios(list, figures["1 process"]));
    const [middle, least, most] = [ratio.median, ratio.least, ratio.most].map((each) => each.toFixed(2));
    const { server, proxy, load } = costs[name];
    const times = [server, proxy, load].map(milliseconds).join(" | ");
    lines.push(
      `| ${name} | ${Math.round(medianOf(list))} | **${middle}** (${least} to ${most}) | ${times} |`,
    );
  }
  const date = new Date().toISOString().slice(0, 10);
  process.stdout.write(`${lines.join("\n")}

${date}, Node ${process.version}, ${cpus().length} processors, ${connections} connections, ${rounds} rounds of ${seconds} s, medians.
`);
}

function total(pids) {
  return pids.reduce((sum, pid) => sum + processorSeconds(pid), 0);
}

/** The process and those that it started. */
function withChildren(pid) {
  const parentOf = (each) => {
    try {
      const stat = readFileSync(`/proc/${each}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      return undefined;
    }
  };
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return [pid, ...all.map(Number).filter((each) => parentOf(each) === pid)];
}
