// node --expose-gc bench/simulation/costs.mjs: the processor time of an AssumeRole and the memory of a session, for
// docs/scaling.md. STS is a stub in a process of its own, without TLS.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bundle } from "../../scripts/bundle.mjs";

await bundle({ costs: "bench/simulation/costs.ts" }, "build/simulation-costs");
const { bytesOfSession, millisecondsOfAssumeRole } = await import("../../build/simulation-costs/costs.js");

const stub = fork(join(import.meta.dirname, "sts-stub.mjs"), { execArgv: [] });
const [port] = await once(stub, "message");
const rounds = [];
for (let round = 0; round < 5; round++) {
  rounds.push(await millisecondsOfAssumeRole(`http://127.0.0.1:${port}`, 2_000));
}
stub.disconnect();
const [low, , middle, , high] = rounds.sort((one, other) => one - other).map((each) => each.toFixed(2));
console.log(`A new session takes ${middle} ms of processor time (${low} to ${high}).`);
console.log(`A session takes ${Math.round(await bytesOfSession(50_000))} bytes.`);
