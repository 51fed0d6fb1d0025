import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { namedQueue, UploadQueue } from "../../src/react/upload-queue.ts";
import { createControlledClient } from "./controlled-client.ts";

const files = (count: number) => Array.from({ length: count }, (_, index) => new File(["12345"], `${index}`));
const destination = (file: File) => ({ bucket: "demo", key: file.name });

function startQueue(concurrency: number, count: number) {
  const controlled = createControlledClient();
  const queue = new UploadQueue(controlled.client, concurrency);
  queue.upload(files(count), destination);
  const states = () => queue.getSnapshot().uploads.map(({ state }) => state);
  const upload = (index: number) => {
    const found = queue.getSnapshot().uploads[index];
    if (found === undefined) throw new Error(`There is no upload ${index}.`);
    return found;
  };
  const task = (index: number) => {
    const found = controlled.tasks[index];
    if (found === undefined) throw new Error(`Upload ${index} has not started.`);
    return found;
  };
  return { ...controlled, queue, states, upload, task };
}

/** Lets everything run that waits for a microtask. */
const settle = () => sleep(0);

describe("the upload queue", () => {
  test("runs at most `concurrency` uploads at once, in order", async () => {
    const { task, states, tasks } = startQueue(2, 4);
    await settle();
    expect(states()).toEqual(["running", "running", "queued", "queued"]);
    task(1).finish();
    await settle();
    expect(states()).toEqual(["running", "done", "running", "queued"]);
    expect(tasks.map(({ options }) => options.key)).toEqual(["0", "1", "2"]);
  });

  test("starts more when `concurrency` grows", async () => {
    const { queue, states } = startQueue(1, 3);
    queue.setConcurrency(3);
    await settle();
    expect(states()).toEqual(["running", "running", "running"]);
    const error = {
      name: "ValetKeyError",
      code: "BAD_USER_INPUT",
      message: "concurrency must be at least 1, but it is 0.",
    };
    expect(() => queue.setConcurrency(0)).toThrow(expect.objectContaining(error));
    expect(() => startQueue(0, 1)).toThrow(expect.objectContaining(error));
  });

  test.each([undefined, null, "file"])("refuses %j, which is no file", (files) => {
    const { queue } = startQueue(1, 0);
    const error = { name: "ValetKeyError", code: "BAD_USER_INPUT" };
    expect(() => queue.upload(files as never, destination)).toThrow(expect.objectContaining(error));
  });

  test("tells components nothing when `concurrency` stays the same", async () => {
    const { queue } = startQueue(2, 1);
    await settle();
    const listener = vi.fn();
    queue.subscribe(listener);
    queue.setConcurrency(2);
    await settle();
    expect(listener).not.toHaveBeenCalled();
  });

  test("gives the turn of a paused upload to the next one, and queues it when it is resumed", async () => {
    const { task, upload, states } = startQueue(1, 2);
    await settle();
    upload(0).pause();
    await settle();
    expect(states()).toEqual(["paused", "running"]);
    upload(0).resume();
    await settle();
    expect(states()).toEqual(["queued", "running"]);
    task(1).finish();
    await settle();
    expect(states()).toEqual(["running", "done"]);
  });

  test("does not start what was paused or aborted while it was queued", async () => {
    const { task, upload, states, tasks } = startQueue(1, 3);
    await settle();
    upload(1).pause();
    upload(2).abort();
    task(0).finish();
    await settle();
    expect(states()).toEqual(["done", "paused", "aborted"]);
    expect(tasks).toHaveLength(1);
    upload(1).resume();
    await settle();
    expect(states()).toEqual(["done", "running", "aborted"]);
  });

  test("shows the error of the file that failed, and uploads the others", async () => {
    const { task, upload, states } = startQueue(1, 2);
    await settle();
    task(0).fail("FORBIDDEN");
    await settle();
    expect(states()).toEqual(["failed", "running"]);
    expect(upload(0).error).toMatchObject({ code: "FORBIDDEN" });
  });

  test("fails only the file for which `options` throws, and asks it again when it is tried again", async () => {
    const { client } = createControlledClient();
    const queue = new UploadQueue(client, 3);
    let isReady = false;
    queue.upload(files(2), (file) => {
      if (file.name === "0" && !isReady) throw new Error("Where to?");
      return destination(file);
    });
    await settle();
    const [first, second] = queue.getSnapshot().uploads;
    expect(first).toMatchObject({ state: "failed", error: { message: "Where to?" } });
    expect(second).toMatchObject({ state: "running", error: undefined });
    first?.retry();
    await settle();
    expect(queue.getSnapshot().uploads[0]).toMatchObject({ state: "failed" });
    isReady = true;
    first?.retry();
    await settle();
    expect(queue.getSnapshot().uploads[0]).toMatchObject({ state: "running", error: undefined });
  });

  test("continues a failed upload when it is tried again, and starts an aborted one anew", async () => {
    const { queue, task, tasks, upload, states } = startQueue(2, 2);
    await settle();
    task(0).fail("NETWORK");
    upload(1).abort();
    await settle();
    expect(states()).toEqual(["failed", "aborted"]);
    expect(upload(1).error).toBeUndefined();
    const ids = queue.getSnapshot().uploads.map(({ id }) => id);
    upload(0).retry();
    queue.retry(upload(1).id);
    await settle();
    expect(states()).toEqual(["running", "running"]);
    expect(tasks.slice(2).map(({ options }) => options.resume)).toEqual([true, undefined]);
    expect(queue.getSnapshot().uploads.map(({ id }) => id)).toEqual(ids);
  });

  test("adds up the progress of all uploads that were not aborted", async () => {
    const { queue, task, upload } = startQueue(2, 3);
    await settle();
    upload(2).abort();
    task(0).send(5);
    task(1).send(2);
    await expect.poll(() => queue.getSnapshot().progress).toMatchObject({ bytes: 7, total: 10 });
    expect(queue.getSnapshot().progress).toMatchObject({ bytesPerSecond: 7, secondsLeft: 3 / 7 });
  });

  test("tells components once of progress that is reported many times, and keeps what did not change", async () => {
    const { queue, task, upload } = startQueue(2, 2);
    await settle();
    const other = upload(1);
    const listener = vi.fn();
    const stop = queue.subscribe(listener);
    for (let bytes = 1; bytes <= 5; bytes++) task(0).send(bytes);
    await expect.poll(() => upload(0).progress.bytes).toBe(5);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(upload(1)).toBe(other);
    stop();
  });

  test("calls the onProgress of the options", async () => {
    const { client, tasks } = createControlledClient();
    const queue = new UploadQueue(client, 1);
    const onProgress = vi.fn();
    queue.upload(files(1), (file) => ({ ...destination(file), onProgress }));
    await settle();
    tasks[0]?.send(3);
    expect(onProgress).toHaveBeenCalledWith(expect.objectContaining({ bytes: 3 }));
  });

  test("removes finished uploads from the list when it is cleared, and can be used again", async () => {
    const { queue, task, states, upload } = startQueue(1, 3);
    await settle();
    task(0).finish();
    upload(1).abort();
    await settle();
    queue.clear();
    await settle();
    expect(states()).toEqual(["running"]);
    queue.upload(new File(["more"], "more"), destination);
    await settle();
    expect(states()).toEqual(["running", "queued"]);
  });

  test("lets uploads continue when no component uses it any more, or aborts them", async () => {
    const { queue, states } = startQueue(1, 2);
    await settle();
    queue.use(false)();
    await settle();
    expect(states()).toEqual(["running", "queued"]);
    queue.use(true)();
    await expect.poll(states).toEqual(["aborted", "aborted"]);
  });

  test("aborts nothing when a component of StrictMode stops using it and uses it again", async () => {
    const { queue, states } = startQueue(1, 2);
    await settle();
    queue.use(true)();
    queue.use(true);
    await sleep(20);
    expect(states()).toEqual(["running", "queued"]);
  });

  test("is shared by name, for each client", () => {
    const { client } = createControlledClient();
    expect(namedQueue(client, "a", 1)).toBe(namedQueue(client, "a", 1));
    expect(namedQueue(client, "b", 1)).not.toBe(namedQueue(client, "a", 1));
    expect(namedQueue(createControlledClient().client, "a", 1)).not.toBe(namedQueue(client, "a", 1));
  });
});
