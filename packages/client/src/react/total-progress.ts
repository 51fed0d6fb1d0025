import type { Progress } from "../index.ts";
import type { Upload } from "./queued-upload.ts";

/** The progress of several uploads together, without those that were aborted. */
export function totalProgress(uploads: readonly Pick<Upload, "state" | "progress">[]): Progress {
  const counted = uploads.filter(({ state }) => state !== "aborted");
  const bytes = sum(counted.map(({ progress }) => progress.bytes));
  const total = sum(counted.map(({ progress }) => progress.total));
  const running = counted.filter(({ state }) => state === "running");
  const bytesPerSecond = sum(running.map(({ progress }) => progress.bytesPerSecond));
  const secondsLeft = bytesPerSecond > 0 ? (total - bytes) / bytesPerSecond : undefined;
  return { bytes, total, bytesPerSecond, secondsLeft };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
