import { badUserInput } from "../../core/errors.ts";
import { checksumHeader } from "../../storage/headers/upload-headers.ts";
import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import type { UploadPlan } from "../../storage/multipart/upload-plan.ts";
import type { PartChecksumInput } from "../types/inputs.ts";

/**
 * The headers that hold parts to their checksums, by the parts' numbers.
 * @throws {ValetKeyError} BAD_USER_INPUT (checksums)
 */
export function partChecksumHeaders(
  { checksum }: UploadDescriptor,
  { partCount }: UploadPlan,
  checksums: readonly PartChecksumInput[],
): ReadonlyMap<number, Readonly<Record<string, string>>> {
  if (checksums.length > 0 && checksum === undefined) {
    throw badUserInput(
      "checksums",
      "For uploads that were begun with input.checksum: it says the algorithm.",
    );
  }
  const headers = new Map<number, Readonly<Record<string, string>>>();
  for (const [index, { number, value }] of checksums.entries()) {
    const path = `checksums.${index}`;
    if (number < 1 || number > partCount) {
      throw badUserInput(`${path}.number`, `The parts of this upload are numbered 1 to ${partCount}.`);
    }
    if (headers.has(number)) throw badUserInput(`${path}.number`, "This part has a checksum already.");
    headers.set(number, checksum === undefined ? {} : checksumHeader({ ...checksum, value }, path));
  }
  return headers;
}
