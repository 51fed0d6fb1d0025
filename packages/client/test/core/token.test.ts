import { expect, test, vi } from "vitest";
import { TokenSource } from "../../src/core/token.ts";

test("requests that wait for the token share one call of the function", async () => {
  let calls = 0;
  const source = new TokenSource(async () => `token ${++calls}`);
  expect(await Promise.all([source.get(), source.get()])).toEqual(["token 1", "token 1"]);
});

test("requests that were refused with the same token renew it once", async () => {
  let calls = 0;
  const source = new TokenSource(() => `token ${++calls}`);
  const used = source.get();
  expect(await used).toBe("token 1");
  for (let refusals = 0; refusals < 2; refusals++) {
    source.renew(used);
    expect(await source.get()).toBe("token 2");
  }
});

test("a token that is a string is not renewed", async () => {
  const source = new TokenSource("fixed");
  expect(await source.get()).toBe("fixed");
  expect(source.isRenewable).toBe(false);
});

test.each([
  ["throws", () => failOnce()],
  ["rejects", async () => failOnce()],
])("a function that %s is called again by the next request", async (_how, token) => {
  failures = 1;
  const source = new TokenSource(token);
  await expect(source.get()).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: expect.stringContaining("signed out"),
  });
  expect(await source.get()).toBe("late");
});

test("a function that does not return is the error TIMEOUT, and is called again by the next request", async () => {
  vi.useFakeTimers();
  try {
    let calls = 0;
    const source = new TokenSource(() => (++calls === 1 ? new Promise<string>(() => {}) : "late"));
    const hung = expect(source.get()).rejects.toMatchObject({ code: "TIMEOUT", retryable: false });
    await vi.advanceTimersByTimeAsync(120_000);
    await hung;
    expect(await source.get()).toBe("late");
  } finally {
    vi.useRealTimers();
  }
});

let failures = 0;

function failOnce(): string {
  if (failures-- > 0) throw new Error("signed out");
  return "late";
}
