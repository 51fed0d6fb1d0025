import { expect, test } from "vitest";
import { UploadsPerCaller } from "../../../src/http/uploads-per-caller.ts";

test("a caller sends a limited number of forms at once, and other callers are not affected", () => {
  const uploads = new UploadsPerCaller(2);
  const ends = [uploads.start("a"), uploads.start("a")];
  expect(() => uploads.start("a")).toThrow(
    expect.objectContaining({ code: "RATE_LIMITED", retryable: true }),
  );
  uploads.start("b")();
  ends[0]?.();
  ends[1] = uploads.start("a");
  expect(() => uploads.start("a")).toThrow();
});
