import { describe, expect, test } from "vitest";
import { withinErrorBudget } from "../../../../src/graphql/operation/limit-response.ts";

describe("the errors of a response", () => {
  const errors = (count: number, message: string) => Array.from({ length: count }, () => ({ message }));

  test("are all kept if they fit", () => {
    expect(withinErrorBudget(errors(1000, "No grant allows DOWNLOAD here."))).toHaveLength(1000);
  });

  test("end with one that says how many were omitted", () => {
    const kept = withinErrorBudget(errors(5000, "x".repeat(1000)));
    expect(kept.length).toBeLessThan(1100);
    expect(kept.at(-1)).toMatchObject({
      message: expect.stringMatching(/^3,9\d\d more errors are left out/),
      extensions: { code: "BAD_USER_INPUT" },
    });
    expect(JSON.stringify(kept).length).toBeLessThan(1.1 * 2 ** 20);
  });
});
