import { badUserInput } from "../../core/errors.ts";
import { missingPartNumbers, type UploadedPart } from "../../storage/multipart/multipart-uploads.ts";
import type { UploadPlan } from "../../storage/multipart/upload-plan.ts";

const maxParts = 1000;

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parsePartNumbers({ partCount }: UploadPlan, numbers: readonly number[]): number[] {
  if (numbers.length > maxParts)
    throw badUserInput(
      "numbers",
      `At most ${maxParts} numbers are allowed, and this list has ${numbers.length}.`,
    );
  if (numbers.some((number) => number < 1 || number > partCount)) {
    throw badUserInput("numbers", `The parts of this upload have the numbers 1 to ${partCount}.`);
  }
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/**
 * The parts that S3 has not received, in ascending order.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function nextPartNumbers(
  plan: UploadPlan,
  held: readonly UploadedPart[],
  { first, after }: { first: number | null | undefined; after: number | null | undefined },
): number[] {
  const count = first ?? maxParts;
  if (count < 1 || count > maxParts) throw badUserInput("first", `first must be from 1 to ${maxParts}.`);
  const start = after ?? 0;
  if (start < 0) throw badUserInput("after", "after must be the number of a part, or 0.");
  return missingPartNumbers(plan, held)
    .filter((number) => number > start)
    .slice(0, count);
}
