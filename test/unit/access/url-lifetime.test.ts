import { describe, expect, test } from "vitest";
import { type LifetimeLimits, type LifetimeRequest, urlLifetime } from "../../../src/access/url-lifetime.ts";

const nowMs = Date.UTC(2026, 0, 1, 0, 0, 7);

function resolve(request: Partial<LifetimeRequest>, limits: Partial<LifetimeLimits> = {}) {
  return urlLifetime(
    { expiresInSeconds: undefined, ...request },
    { maxGrantedSeconds: Infinity, maxSessionSeconds: 3570, ...limits },
    nowMs,
  );
}

const refusal = (field: string, message?: RegExp) =>
  expect.objectContaining({
    code: "BAD_USER_INPUT",
    field,
    ...(message && { message: expect.stringMatching(message) }),
  });

describe("a lifetime that the client asked for", () => {
  test.each([1, 2400, 3570])("is signed unchanged: %i seconds", (expiresInSeconds) => {
    expect(resolve({ expiresInSeconds })).toEqual({
      signedSeconds: expiresInSeconds,
      sessionMustOutliveSeconds: expiresInSeconds,
      asOf: undefined,
      mayShorten: false,
    });
  });

  test.each([0, -1, -(2 ** 31)])("is refused when it is %i", (expiresInSeconds) => {
    expect(() => resolve({ expiresInSeconds })).toThrow(refusal("expiresIn"));
  });

  test("is refused above the smaller of the grant's and the session's maximum, which the error names", () => {
    const ask = (maxGrantedSeconds: number, maxSessionSeconds: number) => () =>
      resolve({ expiresInSeconds: 301 }, { maxGrantedSeconds, maxSessionSeconds });
    expect(ask(300, 3570)).toThrow(refusal("expiresIn", /^At most 300 /));
    expect(ask(3600, 100)).toThrow(refusal("expiresIn", /^At most 100 /));
    expect(ask(301, 301)).not.toThrow();
  });
});

describe("the default lifetime", () => {
  test.each([
    [3570, 2400],
    [870, 609],
    [43_170, 2400],
  ])("with sessions that can sign for %i seconds is %i", (maxSessionSeconds, signedSeconds) => {
    for (const expiresInSeconds of [undefined, null]) {
      const lifetime = resolve({ expiresInSeconds }, { maxSessionSeconds });
      expect(lifetime).toMatchObject({ signedSeconds, mayShorten: true });
    }
  });

  test("is shortened to the grant's maximum, but to 1 second at least", () => {
    expect(resolve({}, { maxGrantedSeconds: 60 }).signedSeconds).toBe(60);
    expect(resolve({}, { maxSessionSeconds: 0 }).signedSeconds).toBe(1);
  });

  test("is replaced by one that was asked for elsewhere in the request", () => {
    expect(resolve({ defaultSeconds: 3000 })).toMatchObject({ signedSeconds: 3000, mayShorten: true });
    expect(resolve({ defaultSeconds: 3000 }, { maxGrantedSeconds: 60 }).signedSeconds).toBe(60);
    expect(resolve({ defaultSeconds: 3000, expiresInSeconds: 5 }).signedSeconds).toBe(5);
  });
});

describe("a stable window", () => {
  test("signs as of its start, for one window longer than asked for", () => {
    expect(resolve({ expiresInSeconds: 600, stableForSeconds: 10 })).toEqual({
      signedSeconds: 610,
      sessionMustOutliveSeconds: 603,
      asOf: new Date(nowMs - 7000),
      mayShorten: false,
    });
  });

  test.each([undefined, null, 0])("of %s means no window", (stableForSeconds) => {
    expect(resolve({ expiresInSeconds: 600, stableForSeconds })).toMatchObject({ asOf: undefined });
  });

  test("must not be negative", () => {
    expect(() => resolve({ stableForSeconds: -1 })).toThrow(refusal("stableFor"));
  });

  test("shares the maximum with expiresIn, and the error names what is left", () => {
    const ask = (expiresInSeconds: number, stableForSeconds: number, maxSessionSeconds = 3570) => {
      const limits = { maxGrantedSeconds: 300, maxSessionSeconds };
      return () => resolve({ expiresInSeconds, stableForSeconds }, limits);
    };
    expect(ask(200, 100)).not.toThrow();
    expect(ask(200, 101)).toThrow(refusal("stableFor", /^At most 100 .* 300 /));
    expect(ask(300, 1)).toThrow(refusal("stableFor", /^At most 0 /));
    expect(ask(20, 50, 60)).toThrow(refusal("stableFor", /^At most 40 /));
    expect(ask(301, 1)).toThrow(refusal("expiresIn"));
    expect(() => resolve({ stableForSeconds: 1 }, { maxGrantedSeconds: 300 })).toThrow(refusal("stableFor"));
  });
});
