import { describe, expect, test } from "vitest";
import { parseByteSize } from "../../../src/core/byte-size.ts";

describe("parseByteSize", () => {
  test.each([
    ["0", 0],
    ["5368709120", 5_368_709_120],
    ["64MiB", 67_108_864],
    ["1KiB", 1024],
    ["5GiB", 5_368_709_120],
    ["45TiB", 49_478_023_249_920],
  ])("%s", (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  test.each([
    "",
    "5GB",
    "5gib",
    "1.5GiB",
    "-1",
    "1e6",
    " 1",
    "5 GiB",
    "0x10",
    "9007199254740992",
    "9000000TiB",
  ])("refuses %j", (text) => {
    expect(parseByteSize(text)).toBeUndefined();
  });
});
