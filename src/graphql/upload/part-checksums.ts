import { badUserInput } from "../../core/errors.ts";
import { parseChecksum, toChecksumHeader } from "../../storage/headers/checksum-value.ts";
import type { NameAndValue } from "../../storage/headers/name-and-value.ts";
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
): ReadonlyMap<number, readonly NameAndValue[]> {
  if (checksums.length > 0 && checksum === undefined) {
    throw badUserInput(
      "checksums",
      "For uploads that were begun with input.checksum: it says the algorithm.",
    );
  }
  const headers = new Map<number, readonly NameAndValue[]>();
  for (const [index, { number, value }] of checksums.entries()) {
    const path = `checksums.${index}`;
    if (number < 1 || number > partCount) {
      throw badUserInput(`${path}.number`, `The parts of this upload are numbered 1 to ${partCount}.`);
    }
    if (headers.has(number)) throw badUserInput(`${path}.number`, "This part has a checksum already.");
    if (checksum === undefined) continue;
    headers.set(number, [toChecksumHeader(parseChecksum({ ...checksum, value }, path))]);
  }
  return headers;
}
