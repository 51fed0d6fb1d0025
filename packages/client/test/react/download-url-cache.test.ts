import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ValetKeyError } from "../../src/index.ts";
import { DownloadUrlCache, toUrlKey } from "../../src/react/download-url-cache.ts";
import { createControlledClient } from "./controlled-client.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const ignore = () => {};
const keyOf = (key: string, options = {}) => toUrlKey({ bucket: "demo", key }, options);
/** Lets microtasks run. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const signed = (url: string, seconds: number) => ({ url, expiresAt: new Date(Date.now() + seconds * 1000) });

function startCache() {
  const { client, urlsCalls } = createControlledClient();
  const call = (index: number) => {
    const found = urlsCalls[index];
    if (found === undefined) throw new Error(`There is no call ${index}.`);
    return found;
  };
  return { cache: new DownloadUrlCache(client), urlsCalls, call };
}

describe("the cache of download URLs", () => {
  test("asks once for all URLs that components need at the same time, and once for each", async () => {
    const { cache, urlsCalls, call } = startCache();
    const listener = vi.fn();
    for (const key of ["a", "b", "a"]) cache.subscribe(keyOf(key), listener);
    cache.subscribe(keyOf("c", { expiresIn: 60 }), ignore);
    await settle();
    expect(urlsCalls.map(({ objects }) => objects.map(({ key }) => key))).toEqual([["a", "b"], ["c"]]);
    expect(call(1).options).toEqual({ expiresIn: 60 });
    const missing = new ValetKeyError("There is no such object.", { code: "OBJECT_NOT_FOUND" });
    call(0).resolve([signed("https://a", 600), missing]);
    await settle();
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: "https://a", error: undefined, loading: false });
    expect(cache.getState(keyOf("b"))).toMatchObject({ url: undefined, error: missing, loading: false });
    expect(listener).toHaveBeenCalledTimes(3);
  });

  test("asks for nothing that no component needs any more, and once in StrictMode", async () => {
    const { cache, urlsCalls } = startCache();
    cache.subscribe(keyOf("a"), ignore)();
    cache.subscribe(keyOf("b"), ignore)();
    cache.subscribe(keyOf("b"), ignore);
    await settle();
    expect(urlsCalls.map(({ objects }) => objects.map(({ key }) => key))).toEqual([["b"]]);
    cache.subscribe(keyOf("a"), ignore);
    await settle();
    expect(urlsCalls).toHaveLength(2);
  });

  test("refreshes a URL before it expires, and keeps the old one until the new one is there", async () => {
    const { cache, urlsCalls, call } = startCache();
    cache.subscribe(keyOf("a"), ignore);
    await settle();
    call(0).resolve([signed("https://old", 600)]);
    await vi.advanceTimersByTimeAsync(539_000);
    expect(urlsCalls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(urlsCalls).toHaveLength(2);
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: "https://old", loading: false });
    call(1).resolve([signed("https://new", 600)]);
    await settle();
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: "https://new", loading: false });
  });

  test("keeps the old URL after a retryable error, and tries again", async () => {
    const { cache, urlsCalls, call } = startCache();
    cache.subscribe(keyOf("a"), ignore);
    await settle();
    call(0).resolve([signed("https://old", 600)]);
    await vi.advanceTimersByTimeAsync(540_000);
    const error = new ValetKeyError("The server cannot be reached.", { code: "NETWORK", retryable: true });
    call(1).reject(error);
    await settle();
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: "https://old", error });
    await vi.advanceTimersByTimeAsync(15_000);
    call(2).resolve([signed("https://new", 600)]);
    await settle();
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: "https://new", error: undefined });
    expect(urlsCalls).toHaveLength(3);
  });

  test("drops the URL after another error, and requests it when it is told to", async () => {
    const { cache, urlsCalls, call } = startCache();
    cache.subscribe(keyOf("a"), ignore);
    await settle();
    call(0).resolve([signed("https://old", 600)]);
    await vi.advanceTimersByTimeAsync(540_000);
    const error = new ValetKeyError("No.", { code: "FORBIDDEN" });
    call(1).resolve([error]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: undefined, error, loading: false });
    expect(urlsCalls).toHaveLength(2);
    cache.refresh(keyOf("a"));
    expect(cache.getState(keyOf("a"))).toMatchObject({ error: undefined, loading: true });
    await settle();
    expect(urlsCalls).toHaveLength(3);
  });

  test("does not ask again for a URL that still works, and forgets one that has expired unused", async () => {
    const { cache, urlsCalls, call } = startCache();
    const release = cache.subscribe(keyOf("a"), ignore);
    await settle();
    call(0).resolve([signed("https://a", 600)]);
    await settle();
    release();
    expect(cache.getState(keyOf("a")).url).toBe("https://a");
    cache.subscribe(keyOf("a"), ignore)();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(urlsCalls).toHaveLength(1);
    expect(cache.getState(keyOf("a"))).toMatchObject({ url: undefined, loading: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not ask without end when the clock of this machine is fast", async () => {
    const { cache, urlsCalls, call } = startCache();
    cache.subscribe(keyOf("a"), ignore);
    await settle();
    call(0).resolve([signed("https://a", -3_600)]);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(urlsCalls).toHaveLength(1);
  });

  test("trusts the requested lifetime when the clock of this machine is slow", async () => {
    const { cache, urlsCalls, call } = startCache();
    cache.subscribe(keyOf("a", { expiresIn: 100 }), ignore);
    await settle();
    call(0).resolve([signed("https://a", 3_700)]);
    await vi.advanceTimersByTimeAsync(75_000);
    expect(urlsCalls).toHaveLength(2);
  });

  test("keeps a bounded number of URLs that no component uses", async () => {
    const { cache, call } = startCache();
    const releases = Array.from({ length: 600 }, (_, index) => cache.subscribe(keyOf(`${index}`), ignore));
    await settle();
    call(0).resolve(releases.map((_, index) => signed(`https://${index}`, 600)));
    await settle();
    for (const release of releases) release();
    expect(cache.getState(keyOf("0")).url).toBeUndefined();
    expect(cache.getState(keyOf("599")).url).toBe("https://599");
    expect(vi.getTimerCount()).toBe(500);
  });

  describe("in a browser", () => {
    beforeEach(() => {
      vi.stubGlobal("window", new EventTarget());
      vi.stubGlobal("document", new EventTarget());
    });
    afterEach(() => vi.unstubAllGlobals());

    /** Time passes, and no timer runs. */
    const sleepFor = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

    test.each([
      ["window", "focus"],
      ["window", "online"],
      ["window", "pageshow"],
      ["document", "visibilitychange"],
    ] as const)("checks its URLs after the computer slept, at the %s's event %s", async (target, event) => {
      const { cache, urlsCalls, call } = startCache();
      cache.subscribe(keyOf("a"), ignore);
      await settle();
      call(0).resolve([signed("https://a", 600)]);
      await settle();
      globalThis[target].dispatchEvent(new Event(event));
      await settle();
      expect(urlsCalls).toHaveLength(1);
      sleepFor(3_600);
      globalThis[target].dispatchEvent(new Event(event));
      globalThis[target].dispatchEvent(new Event(event));
      await settle();
      expect(urlsCalls).toHaveLength(2);
      expect(cache.getState(keyOf("a")).url).toBe("https://a");
    });

    test("still checks the URLs that are used after many others were released", async () => {
      const { cache, urlsCalls, call } = startCache();
      const releases = Array.from({ length: 600 }, (_, index) => cache.subscribe(keyOf(`${index}`), ignore));
      cache.subscribe(keyOf("used"), ignore);
      await settle();
      call(0).resolve([...releases.map((_, index) => `${index}`), "used"].map((name) => signed(name, 600)));
      await settle();
      for (const release of releases) release();
      sleepFor(3_600);
      window.dispatchEvent(new Event("focus"));
      await settle();
      expect(urlsCalls.slice(1).map(({ objects }) => objects.map(({ key }) => key))).toEqual([["used"]]);
    });

    test("stops listening when no URL is used", async () => {
      const { cache } = startCache();
      const removed = vi.spyOn(window, "removeEventListener");
      const releases = [cache.subscribe(keyOf("a"), ignore), cache.subscribe(keyOf("b"), ignore)];
      releases[0]?.();
      expect(removed).not.toHaveBeenCalled();
      releases[1]?.();
      expect(removed).toHaveBeenCalledTimes(3);
    });
  });
});
