import { expect, test } from "vitest";
import { defaultExpiresInSeconds, parseExpiresIn } from "../../../src/graphql/expires-in.ts";

test.each([
  [undefined, defaultExpiresInSeconds],
  [null, 2400],
  [1, 1],
  [604_800, 604_800],
])("%s is %i seconds", (value, seconds) => {
  expect(parseExpiresIn(value)).toBe(seconds);
});

test.each([0, -1, -(2 ** 31)])("%i is refused", (value) => {
  expect(() => parseExpiresIn(value)).toThrow(
    expect.objectContaining({ code: "BAD_USER_INPUT", field: "expiresIn" }),
  );
});
