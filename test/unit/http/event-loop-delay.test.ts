import { expect, test } from "vitest";
import { EventLoopDelay } from "../../../src/http/event-loop-delay.ts";

function addTurns(delay: EventLoopDelay, count: number, elapsedMs: number, processorMs = elapsedMs): void {
  for (let turn = 0; turn < count; turn += 1) delay.add({ elapsedMs, processorMs });
}

test("an idle event loop is not late", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 100, 50, 1);
  expect([delay.isLate, delay.isOverloaded]).toEqual([false, false]);
});

test("turns that the process itself makes long are late, and overload the server when they stay so", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 10, 300);
  expect([delay.isLate, delay.isOverloaded]).toEqual([true, false]);
  addTurns(delay, 2, 900);
  expect(delay.isOverloaded).toBe(false);
  addTurns(delay, 1, 900);
  expect(delay.isOverloaded).toBe(true);
});

test("the server stays overloaded until turns are short again", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 3, 900);
  addTurns(delay, 20, 300);
  expect([delay.isLate, delay.isOverloaded]).toEqual([true, true]);
  addTurns(delay, 20, 60);
  expect([delay.isLate, delay.isOverloaded]).toEqual([false, false]);
  addTurns(delay, 20, 300);
  expect(delay.isOverloaded).toBe(false);
});

test("a process that the system does not run is not late", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 100, 5_000, 60);
  expect([delay.isLate, delay.isOverloaded]).toEqual([false, false]);
});

test("a process that gets half of a processor is late by what it uses", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 10, 2_000, 1_000);
  expect([delay.isLate, delay.isOverloaded]).toEqual([true, true]);
});

test("one turn does not overload the server, however long it takes", () => {
  const delay = new EventLoopDelay();
  addTurns(delay, 1, 60_000);
  addTurns(delay, 1, 600);
  expect(delay.isOverloaded).toBe(false);
  addTurns(delay, 10, 60);
  expect(delay.isLate).toBe(false);
});
