import { expect, test } from "vitest";
import { parseExpiresIn } from "../../../../src/graphql/download/expires-in.ts";

test.each([1, 2400, 604_800])("%i is so many seconds, to be allowed or refused", (seconds) => {
  const wanted = { seconds, orFewer: false, longestSeconds: 100 };
  expect(parseExpiresIn(seconds, 100)).toEqual(wanted);
});

test.each([
  [3570, 2400],
  [870, 609],
  [43_170, 2400],
])("nothing is the default, or most of what a session outlives: %i, %i", (longestSeconds, seconds) => {
  for (const nothing of [undefined, null]) {
    expect(parseExpiresIn(nothing, longestSeconds)).toEqual({ seconds, orFewer: true, longestSeconds });
  }
});

test.each([0, -1, -(2 ** 31)])("%i is refused", (value) => {
  expect(() => parseExpiresIn(value, 3570)).toThrow(
    expect.objectContaining({ code: "BAD_USER_INPUT", field: "expiresIn" }),
  );
});
