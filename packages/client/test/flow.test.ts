import { describe, expect, test } from "vitest";
import { ValetKeyError } from "../src/core/errors.ts";
import { Flow } from "../src/upload/flow.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

function makeFlow() {
  const clock = new VirtualClock();
  let report = (_isOnline: boolean) => {};
  const network = {
    isOnline: true,
    watch: (onChange: (isOnline: boolean) => void) => {
      report = onChange;
      return () => {};
    },
  };
  const flow = new Flow({ clock, network, random: () => 1, onChange: () => {} });
  return { clock, flow, setOnline: (isOnline: boolean) => report(isOnline) };
}

const failure = (retryable: boolean, retryAfterMs?: number) =>
  new ValetKeyError("failed", { code: "STORAGE_UNAVAILABLE", retryable, retryAfterMs });

/** Ends only when it is interrupted. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("interrupted"))));

describe("Flow", () => {
  test("repeats what is retryable, with pauses that double", async () => {
    const { clock, flow } = makeFlow();
    const attempts: number[] = [];
    const result = flow.run(async () => {
      attempts.push(clock.now());
      if (attempts.length < 5) throw failure(true);
      return "sent";
    });
    await settle();
    for (let ms = 0; ms < 10_000; ms += 100) await clock.advance(100);
    expect(await result).toBe("sent");
    expect(attempts).toEqual([0, 500, 1500, 3500, 7500]);
  });

  test("waits as long as the server asks, and the pause on top", async () => {
    const { clock, flow } = makeFlow();
    const attempts: number[] = [];
    const result = flow.run(async () => {
      attempts.push(clock.now());
      if (attempts.length === 1) throw failure(true, 3000);
      return "sent";
    });
    await settle();
    for (let ms = 0; ms < 5_000; ms += 100) await clock.advance(100);
    expect(await result).toBe("sent");
    expect(attempts).toEqual([0, 3500]);
  });

  test("does not repeat what is not retryable", async () => {
    const { flow } = makeFlow();
    const error = failure(false);
    await expect(
      flow.run(async () => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test("gives up after nine attempts", async () => {
    const { clock, flow } = makeFlow();
    let attempts = 0;
    const result = flow.run(async () => {
      attempts += 1;
      throw failure(true);
    });
    result.catch(() => {});
    for (let seconds = 0; seconds < 200; seconds += 1) await clock.advance(1000);
    await expect(result).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(attempts).toBe(9);
  });

  test("a pause interrupts what runs, and a resume begins it again, without counting it as failed", async () => {
    const { flow } = makeFlow();
    let attempts = 0;
    const result = flow.run(async (signal) => {
      attempts += 1;
      return attempts < 12 ? await untilAborted(signal) : "sent";
    });
    for (let count = 1; count < 12; count += 1) {
      await settle();
      expect(attempts).toBe(count);
      await flow.pause();
      await settle();
      expect(attempts).toBe(count);
      flow.resume();
    }
    expect(await result).toBe("sent");
  });

  test("a request with a time of grace may end by itself after a stop, and is interrupted after that time", async () => {
    const { flow } = makeFlow();
    let finish = (_result: string) => {};
    const finishing = flow.run(() => new Promise<string>((resolve) => (finish = resolve)), {
      graceMs: 10_000,
    });
    await settle();
    const stopped = flow.stop();
    finish("completed");
    expect(await finishing).toBe("completed");
    await stopped;

    const hanging = makeFlow();
    const failing = hanging.flow.run(untilAborted, { graceMs: 10_000 });
    failing.catch(() => {});
    await settle();
    const end = hanging.flow.stop();
    await hanging.clock.advance(9_999);
    expect(hanging.clock.sleeping).toBe(1);
    await hanging.clock.advance(1);
    await expect(failing).rejects.toMatchObject({ code: "ABORTED" });
    await end;
  });

  test("holds requests back while there is no network", async () => {
    const { flow, setOnline } = makeFlow();
    setOnline(false);
    expect(flow.offline).toBe(true);
    let begun = false;
    const result = flow.run(async () => {
      begun = true;
    });
    await settle();
    expect(begun).toBe(false);
    setOnline(true);
    await result;
    expect(begun).toBe(true);
  });

  test("does not wait for the next attempt when the network is back", async () => {
    const { flow, setOnline } = makeFlow();
    let attempts = 0;
    const result = flow.run(async () => {
      attempts += 1;
      if (attempts === 1) throw failure(true);
    });
    await settle();
    setOnline(false);
    setOnline(true);
    await result;
    expect(attempts).toBe(2);
  });

  test("ends one request by its own signal, and leaves the others", async () => {
    const { flow } = makeFlow();
    const controller = new AbortController();
    const ended = flow.run(untilAborted, { signal: controller.signal });
    ended.catch(() => {});
    let send = (_result: string) => {};
    const kept = flow.run(
      () =>
        new Promise<string>((resolve) => {
          send = resolve;
        }),
    );
    await settle();
    controller.abort();
    await expect(ended).rejects.toMatchObject({ code: "ABORTED" });
    send("kept");
    expect(await kept).toBe("kept");
  });

  test.each(["while it runs", "while it waits for the next attempt", "while it is paused"])(
    "stop ends a request %s",
    async (when) => {
      const { clock, flow } = makeFlow();
      if (when.endsWith("paused")) await flow.pause();
      const result = flow.run(async (signal) => {
        if (when.endsWith("runs")) return await untilAborted(signal);
        throw failure(true);
      });
      result.catch(() => {});
      await settle();
      expect(clock.sleeping).toBe(when.endsWith("attempt") ? 1 : 0);
      await flow.stop();
      await expect(result).rejects.toMatchObject({ code: "ABORTED" });
    },
  );
});
