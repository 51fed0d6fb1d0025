import { expect, test } from "vitest";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { ObjectStoredHook } from "../../../src/graphql/object-stored.ts";
import type { StoredEvent } from "../../../src/graphql/stored-event.ts";

const event: StoredEvent = {
  bucket: "bucket",
  key: "key",
  region: "us-east-1",
  size: 1,
  etag: "etag",
  principal: { authenticated: false },
  by: "confirmUpload",
};
const options = { timeoutMs: 60_000 };
const never = () => new Promise<void>(() => undefined);

test("a hook that takes too long is a retryable TIMEOUT, and its signal is aborted", async () => {
  const signals: AbortSignal[] = [];
  const hook = new ObjectStoredHook((_, { signal }) => {
    signals.push(signal);
    return never();
  });
  await expect(hook.call(event, { timeoutMs: 5 })).rejects.toMatchObject({
    code: "TIMEOUT",
    retryable: true,
  });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test("repeating a call joins a hook that still runs, and succeeds with it", async () => {
  let calls = 0;
  let finish: () => void = () => undefined;
  const hook = new ObjectStoredHook(() => {
    calls += 1;
    return new Promise((resolve) => (finish = resolve));
  });
  const once = "the same upload";
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(hook.call(event, { timeoutMs: 5, once })).rejects.toMatchObject({ code: "TIMEOUT" });
  }
  const joined = hook.call(event, { ...options, once });
  finish();
  await joined;
  await hook.call(event, { ...options, once });
  expect(calls).toBe(1);
});

test("a hook that fails after its time does not end the process", async () => {
  let fail: (reason: Error) => void = () => undefined;
  const hook = new ObjectStoredHook(() => new Promise((_, reject) => (fail = reject)));
  await expect(hook.call(event, { timeoutMs: 5, once: "a" })).rejects.toMatchObject({ code: "TIMEOUT" });
  fail(new Error("too late"));
  await new Promise((resolve) => setImmediate(resolve));
});

test("at most 64 hooks run at the same time, and at most 1,000 wait", async () => {
  let running = 0;
  const hook = new ObjectStoredHook(() => {
    running += 1;
    return never();
  });
  const calls = Array.from({ length: 64 + 1_000 }, () => hook.call(event, options));
  for (const call of calls) call.catch(() => undefined);
  await expect(hook.call(event, options)).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
  expect(running).toBe(64);
});

test("a ValetKeyError of the hook is passed on as it is", async () => {
  const refusal = new ValetKeyError("FORBIDDEN", "No viruses.", { field: "file" });
  const hook = new ObjectStoredHook(() => Promise.reject(refusal));
  await expect(hook.call(event, options)).rejects.toBe(refusal);
});
