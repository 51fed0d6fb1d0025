import { describe, expect, test } from "vitest";
import { UploadRate, type UploadShare } from "../../../src/http/upload-rate.ts";

const chunkBytes = 2 ** 16;

/** A clock that goes forward only when the test says so. */
class Clock {
  ms = 5000;
  readonly now = () => this.ms;
}

/** Clients that send as fast as they are read, for some seconds. Returns how many bytes each of them has sent. */
function sendFor(seconds: number, clock: Clock, shares: readonly UploadShare[]): number[] {
  const clients = shares.map((share) => ({ share, readAtMs: clock.ms + share.received(0), bytes: 0 }));
  const endMs = clock.ms + seconds * 1000;
  for (;;) {
    const next = clients.reduce((a, b) => (b.readAtMs < a.readAtMs ? b : a));
    if (next.readAtMs > endMs) break;
    clock.ms = next.readAtMs;
    next.bytes += chunkBytes;
    next.readAtMs = clock.ms + next.share.received(chunkBytes);
  }
  clock.ms = endMs;
  return clients.map(({ bytes }) => bytes);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe("the rate of a caller", () => {
  test.each([1, 3, 20])("holds for all of its %i uploads together, which take turns", (count) => {
    const clock = new Clock();
    const bytesPerSecond = 2 ** 20;
    const rate = new UploadRate({ bytesPerSecond, now: clock.now });
    const sent = sendFor(
      60,
      clock,
      Array.from({ length: count }, () => rate.start("alice")),
    );
    // One second's worth at the beginning, and one chunk of each upload, which is read before it waits.
    expect(sum(sent)).toBeLessThanOrEqual(61 * bytesPerSecond + count * chunkBytes);
    expect(sum(sent)).toBeGreaterThanOrEqual(60 * bytesPerSecond);
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(bytesPerSecond);
  });

  test("does not slow other callers down", () => {
    const clock = new Clock();
    const rate = new UploadRate({ bytesPerSecond: 2 ** 20, now: clock.now });
    const alices = Array.from({ length: 50 }, () => rate.start("alice"));
    for (const share of alices) share.received(2 ** 20);
    expect(rate.start("bob").received(chunkBytes)).toBe(0);
  });

  test("is kept by uploads that end early and begin again", () => {
    const clock = new Clock();
    const bytesPerSecond = 2 ** 20;
    const rate = new UploadRate({ bytesPerSecond, now: clock.now });
    let bytes = 0;
    while (clock.ms < 65_000) {
      const share = rate.start("alice");
      clock.ms += share.received(0);
      share.received(chunkBytes);
      bytes += chunkBytes;
      share.end();
    }
    expect(bytes).toBeLessThanOrEqual(61 * bytesPerSecond + chunkBytes);
  });

  test("allows one second's worth of bytes at once after a pause, and no more", () => {
    const clock = new Clock();
    const rate = new UploadRate({ bytesPerSecond: 1000, now: clock.now });
    const share = rate.start("alice");
    expect(share.received(1000)).toBe(0);
    clock.ms += 60_000;
    expect(share.received(1000)).toBe(0);
    expect(share.received(500)).toBe(500);
  });

  test("reports its waits", () => {
    let waited = 0;
    const onWait = (seconds: number) => {
      waited += seconds;
    };
    const rate = new UploadRate({ bytesPerSecond: 1000, onWait, now: new Clock().now });
    rate.start("alice").received(1000);
    expect(waited).toBe(0);
    rate.start("alice").received(2000);
    expect(waited).toBe(2);
  });
});

describe("the callers that are remembered", () => {
  test("are those who send, and those who have sent too much", () => {
    const clock = new Clock();
    const rate = new UploadRate({ bytesPerSecond: 1000, now: clock.now });
    const [alice, alicesSecond] = [rate.start("alice"), rate.start("alice")];
    expect(rate.callers).toBe(1);
    alice.received(3000);
    alice.end();
    alicesSecond.end();
    expect(rate.callers).toBe(1);
    clock.ms += 3000;
    rate.start("bob").end();
    expect(rate.callers).toBe(0);
  });

  test("are bounded, and the ones that left first are forgotten first", () => {
    const clock = new Clock();
    const rate = new UploadRate({ bytesPerSecond: 1000, maxIdleCallers: 10, now: clock.now });
    const active = rate.start("alice");
    active.received(5000);
    for (let index = 0; index < 1000; index += 1) {
      const share = rate.start(`caller ${index}`);
      share.received(5000);
      share.end();
      expect(rate.callers).toBeLessThanOrEqual(11);
    }
    expect(rate.start("alice").received(0)).toBe(4000);
    expect(rate.start("caller 999").received(0)).toBe(4000);
    expect(rate.start("caller 0").received(0)).toBe(0);
  });
});
