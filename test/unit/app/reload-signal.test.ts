import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { ReloadSignal } from "../../../src/app/reload-signal.ts";
import { noSharedMemory, type SharedMemory } from "../../../src/core/shared-memory.ts";
import { ProcessMemory } from "../../support/process-memory.ts";
import { makeTemporaryFolder, startTogether } from "../../support/resources.ts";

/** A replica with an access file of its own. */
function startReplica(memory: SharedMemory, { patienceMs = 300_000, failures = 0 } = {}) {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("access"));
    const accessFile = join(folder.path, "access.yaml");
    const write = (content: string) => writeFile(accessFile, content);
    await write("before");
    const warnings: string[] = [];
    let reloads = 0;
    const reload = async () => {
      reloads += 1;
      if (reloads <= failures) throw new Error("The disk has failed.");
      return true;
    };
    const log = { info: () => {}, warn: (line: unknown) => void warnings.push(String(line)) };
    const signal = new ReloadSignal({ memory, accessFile, reload, log, pollMs: 5, patienceMs });
    started.defer(() => signal.close());
    return { signal, write, warnings, reloads: () => reloads };
  });
}

/** Resolves when the replica has polled several times. */
async function pollsOf(memory: ProcessMemory): Promise<void> {
  const before = memory.reads;
  await expect.poll(() => memory.reads).toBeGreaterThan(before + 10);
}

describe("ReloadSignal", () => {
  test("other replicas read their own files again, once", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await using two = await startReplica(memory);
    await pollsOf(memory);
    await one.signal.announce();
    await expect.poll(two.reloads).toBe(1);
    await pollsOf(memory);
    expect([one.reloads(), two.reloads()]).toEqual([0, 1]);
    expect([...memory.entries.values()].join()).not.toContain("before");
  });

  test("a reload that throws is logged, and later signals are followed", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await using two = await startReplica(memory, { failures: 1 });
    await pollsOf(memory);
    await one.signal.announce();
    await expect.poll(() => two.warnings).toHaveLength(1);
    await one.write("after");
    await one.signal.announce();
    await expect.poll(two.reloads).toBe(2);
  });

  test("a replica whose file arrives later reads it then", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await using two = await startReplica(memory);
    await pollsOf(memory);
    await one.write("after");
    await one.signal.announce();
    await expect.poll(two.reloads).toBe(1);
    await two.write("after");
    await expect.poll(two.reloads).toBe(2);
    await pollsOf(memory);
    expect(two.reloads()).toBe(2);
    expect(two.warnings).toEqual([]);
  });

  test("a replica whose file stays different says so", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await using two = await startReplica(memory, { patienceMs: 20 });
    await pollsOf(memory);
    await one.write("after");
    await one.signal.announce();
    await expect.poll(() => two.warnings).toHaveLength(1);
  });

  test("a signal that Redis has lost is written again", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await one.signal.announce();
    memory.entries.clear();
    await expect.poll(() => memory.entries.size).toBe(1);
    await using two = await startReplica(memory);
    await expect.poll(two.reloads).toBe(1);
  });

  test("a signal that was sent while Redis did not work arrives later", async () => {
    const memory = new ProcessMemory();
    let reachable: SharedMemory = noSharedMemory;
    await using one = await startReplica({
      ...noSharedMemory,
      read: (kind, id) => reachable.read(kind, id),
      write: (kind, id, value, ttlMs) => reachable.write(kind, id, value, ttlMs),
    });
    await using two = await startReplica(memory);
    await pollsOf(memory);
    await one.signal.announce();
    reachable = memory;
    await expect.poll(two.reloads).toBe(1);
  });

  test("of two signals of the same moment, all replicas follow one", async () => {
    using _ = vi.spyOn(Date, "now").mockReturnValue(Date.now());
    const together = new ProcessMemory();
    let writes = 0;
    let areTogether = false;
    const startAlone = () => {
      const alone = new ProcessMemory();
      const memory = () => (areTogether ? together : alone);
      return startReplica({
        ...noSharedMemory,
        read: (kind, id) => memory().read(kind, id),
        write: async (kind, id, value) => {
          writes += 1;
          await memory().write(kind, id, value);
        },
      });
    };
    await using one = await startAlone();
    await using two = await startAlone();
    await Promise.all([one.signal.announce(), two.signal.announce()]);
    areTogether = true;
    await expect.poll(() => one.reloads() + two.reloads()).toBe(1);
    await pollsOf(together);
    const before = writes;
    await pollsOf(together);
    expect(writes).toBe(before);
    expect(one.reloads() + two.reloads()).toBe(1);
  });

  test("replicas that get a SIGHUP for the same file send one signal", async () => {
    const memory = new ProcessMemory();
    await using one = await startReplica(memory);
    await using two = await startReplica(memory);
    await one.signal.announce();
    const [sent] = memory.entries.values();
    await two.signal.announce();
    expect([...memory.entries.values()]).toEqual([sent]);
  });
});
