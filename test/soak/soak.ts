import { setTimeout as sleep } from "node:timers/promises";
import { ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";
import { uploadsInFlight } from "../support/metrics.ts";
import { Random } from "../support/random.ts";
import { bucket } from "../support/test-store.ts";
import { actions, deletion } from "./actions.ts";
import { RandomFaults } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { Outcomes } from "./outcomes.ts";
import { coreShare, judgeSamples, tableOf } from "./report.ts";
import { startSoakedServer } from "./soaked-server.ts";
import { World } from "./world.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** How many actors act at the same time, each of them one action after the other. */
  readonly actors: number;
  /** The longest pause of an actor between two actions. */
  readonly maxPauseMs: number;
  /** What the server leaks on purpose: `heap`, `descriptors` or `loop`. Default: nothing. */
  readonly leak?: string | undefined;
  readonly log: (line: string) => void;
}

/** Beyond it, nothing is stored before something was deleted. */
const maxStoredBytes = 512 * 2 ** 20;
const operatorPauseMs = 5_000;
const turnsPerMinute = 12;
const maxDrainMs = 120_000;

/** Returns whether everything was as it has to be. */
export async function soak(options: SoakOptions): Promise<boolean> {
  const sampleMs = Math.max(1_000, Math.min(20_000, options.minutes * 1_000));
  const server = await startSoakedServer({ sampleMs, leak: options.leak });
  try {
    return await soakServer(server, options);
  } finally {
    await server.close();
  }
}

async function soakServer(server: Awaited<ReturnType<typeof startSoakedServer>>, options: SoakOptions) {
  const { minutes, seed, log } = options;
  const { url, running, proxy, admin } = server;
  const outcomes = new Outcomes(log);
  const ledger = new Ledger(admin, bucket);
  const faults = new RandomFaults(proxy, new Random(seed));
  const endsAtMs = Date.now() + minutes * 60_000;
  let hasEnded = false;
  void running.ended.then(({ code, signal, stderr }) => {
    hasEnded = true;
    if (Date.now() < endsAtMs) outcomes.report(`The server ended: ${code} ${signal} ${stderr}`);
  });
  const isRunning = () => Date.now() < endsAtMs && !hasEnded;

  const act = async (index: number) => {
    const random = new Random(seed * 1_000 + index);
    const world = new World(`c${index}`, random, { ...server, bucket, ledger, outcomes });
    while (isRunning()) {
      world.changeCaller();
      const chosen = ledger.storedBytes > maxStoredBytes ? deletion : random.pick(actions);
      await outcomes.run(chosen.name, () => chosen.act(world));
      await sleep(random.below(options.maxPauseMs));
    }
  };
  const operate = async () => {
    for (let turn = 1; isRunning(); turn += 1) {
      await sleep(operatorPauseMs);
      if (hasEnded) return;
      // The store fails for one turn in each minute.
      faults.isOutage = turn % turnsPerMinute === 0;
      await server.changeGrants(`shared/${turn}/`);
      proxy.requests.length = 0;
      if (faults.isOutage) {
        log(
          `minute ${turn / turnsPerMinute}: ${outcomes.total} actions, ${outcomes.violations.length} findings`,
        );
      }
    }
  };
  await Promise.all([operate(), ...Array.from({ length: options.actors }, (_, index) => act(index))]);

  proxy.heal();
  await drain(url, outcomes, () => hasEnded);
  const samples = await server.samples();
  running.process.kill("SIGTERM");
  const { code, stderr } = await running.ended;
  if (code !== 0) outcomes.report(`The server ended with ${code}: ${stderr}`);
  const pendingBefore = await countUploads(admin);
  const swept = await server.sweep();
  if (swept.code !== 0) outcomes.report(`The sweep ended with ${swept.code}: ${swept.stderr}`);
  const orphans = await countUploads(admin);
  if (orphans > 0) outcomes.report(`${orphans} multipart uploads are left after the sweep.`);
  const checkedBefore = ledger.checked;
  for (const finding of await ledger.checkAll()) outcomes.report(finding);

  log(`\nSeed ${seed}, ${minutes} minutes, ${outcomes.total} actions:\n`);
  for (const line of outcomes.lines()) log(`- ${line}`);
  log(`\nFaults: ${[...faults.counts].map(([fault, count]) => `${count} ${fault}`).join(", ")}.`);
  const states = (["stored", "deleted", "uncertain"] as const).map(
    (state) => `${ledger.count(state)} ${state}`,
  );
  log(
    `Objects: ${states.join(", ")}; ${checkedBefore} compared during the run, ${ledger.checked - checkedBefore} at the end.`,
  );
  log(`Multipart uploads: ${pendingBefore} after the server had stopped, ${orphans} after the sweep.`);
  for (const line of warnings(running.lines, outcomes)) log(line);
  log(`The server used ${(100 * coreShare(samples)).toFixed(0)} % of a core.\n`);
  const figures = judgeSamples(samples);
  for (const line of tableOf(figures)) log(line);
  log(`\n${outcomes.violations.length} findings.`);
  return outcomes.violations.length === 0 && figures.every(({ isFlat }) => isFlat);
}

async function drain(url: string, outcomes: Outcomes, hasEnded: () => boolean): Promise<void> {
  const endsAtMs = Date.now() + maxDrainMs;
  while (!hasEnded() && (await uploadsInFlight(url)) > 0) {
    if (Date.now() > endsAtMs) {
      outcomes.report("Uploads are still in flight, two minutes after the last client has left.");
      return;
    }
    await sleep(200);
  }
}

async function countUploads(admin: S3Client): Promise<number> {
  const { Uploads = [] } = await admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.length;
}

/** What the server logged as a warning or worse. */
function warnings(lines: readonly { level: number; msg: string }[], outcomes: Outcomes): string[] {
  const counts = new Map<string, number>();
  for (const { level, msg } of lines) {
    if (level >= 40) counts.set(`${level} ${msg}`, (counts.get(`${level} ${msg}`) ?? 0) + 1);
    if (level >= 60) outcomes.report(`The server logged: ${msg}`);
  }
  return [...counts].map(([message, count]) => `Log: ${count} × ${message}`);
}
