import { describe, expect, test } from "vitest";
import { maxPartCount, minPartBytes } from "../../../../src/storage/multipart/upload-plan.ts";
import {
  maxStreamedBytes,
  streamedPartBytes,
} from "../../../../src/storage/streaming/streamed-part-sizes.ts";

const MiB = 1024 ** 2;

describe("the parts of a stream", () => {
  test("start at S3's minimum and grow up to 64 MiB", () => {
    const sizes = [1, 1000, 1001, 2001, 3001, 4001, maxPartCount].map(streamedPartBytes);
    expect(sizes.map((bytes) => bytes / MiB)).toEqual([5, 5, 10, 20, 40, 64, 64]);
    expect(streamedPartBytes(1)).toBe(minPartBytes);
  });

  test("hold 448 GiB", () => {
    expect(maxStreamedBytes).toBe((1000 * (5 + 10 + 20 + 40) + 6000 * 64) * MiB);
  });
});
