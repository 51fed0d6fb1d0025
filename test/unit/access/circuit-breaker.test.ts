import { expect, test } from "vitest";
import { CircuitBreaker } from "../../../src/access/circuit-breaker.ts";

function breakerAt(clock: { ms: number }): CircuitBreaker {
  return new CircuitBreaker({
    failuresToOpen: 3,
    minOpenMs: 100,
    maxOpenMs: 350,
    monotonicNow: () => clock.ms,
  });
}

function fail(breaker: CircuitBreaker, times = 1): void {
  for (let call = 0; call < times; call += 1) breaker.tryEnter()?.failed();
}

test("opens after consecutive failures, and a success in between resets the count", () => {
  const breaker = breakerAt({ ms: 0 });
  fail(breaker, 2);
  breaker.tryEnter()?.succeeded();
  fail(breaker, 2);
  expect(breaker.isOpen).toBe(false);
  fail(breaker);
  expect(breaker.isOpen).toBe(true);
  expect(breaker.tryEnter()).toBeUndefined();
});

test("permits one probe after the time to stay open, and closes if it succeeds", () => {
  const clock = { ms: 0 };
  const breaker = breakerAt(clock);
  fail(breaker, 3);
  clock.ms = 100;
  const probe = breaker.tryEnter();
  expect(probe).toBeDefined();
  expect(breaker.tryEnter()).toBeUndefined();
  probe?.succeeded();
  expect(breaker.tryEnter()).toBeDefined();
});

test("stays open twice as long after each failed probe, up to the maximum", () => {
  const clock = { ms: 0 };
  const breaker = breakerAt(clock);
  fail(breaker, 3);
  for (const openMs of [100, 200, 350, 350]) {
    clock.ms += openMs - 1;
    expect(breaker.isOpen).toBe(true);
    clock.ms += 1;
    expect(breaker.isOpen).toBe(false);
    fail(breaker);
  }
});

test("ignores failures of calls that were in progress when it opened", () => {
  const clock = { ms: 0 };
  const breaker = breakerAt(clock);
  const stragglers = [breaker.tryEnter(), breaker.tryEnter()];
  fail(breaker, 3);
  for (const straggler of stragglers) straggler?.failed();
  clock.ms = 100;
  expect(breaker.tryEnter()).toBeDefined();
});
