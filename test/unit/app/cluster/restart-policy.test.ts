import { expect, test } from "vitest";
import { RestartPolicy } from "../../../../src/app/cluster/restart-policy.ts";

test("the delay doubles up to 30 s while workers end early, and starts over after one that ran long", () => {
  const policy = new RestartPolicy();
  const delays = Array.from({ length: 10 }, () => policy.delayMsAfter(1_000));
  expect(delays).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  expect(policy.delayMsAfter(60_000)).toBe(200);
});

test("five failed starts in a row are hopeless only if no worker serves requests", () => {
  const policy = new RestartPolicy();
  for (let each = 0; each < 5; each += 1) {
    expect(policy.shouldGiveUp(0)).toBe(false);
    policy.startFailed();
  }
  expect(policy.shouldGiveUp(1)).toBe(false);
  expect(policy.shouldGiveUp(0)).toBe(true);
  policy.started();
  expect(policy.shouldGiveUp(0)).toBe(false);
});
