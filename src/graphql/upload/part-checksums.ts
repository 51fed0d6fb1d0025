import { badUserInput } from "../../core/errors.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import { parseChecksumValue, toChecksumHeader } from "../../storage/checksums/checksum.ts";
import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import type { UploadPlan } from "../../storage/multipart/upload-plan.ts";
import type { PartChecksumInput } from "./parts-arguments.ts";

/**
 * The checksum headers to sign for each part, by the number of the part.
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
      "This upload was started without input.checksum, which determines the algorithm of the parts' checksums.",
    );
  }
  const headers = new Map<number, readonly NameAndValue[]>();
  for (const [index, { number, value }] of checksums.entries()) {
    const path = `checksums.${index}`;
    if (number < 1 || number > partCount) {
      throw badUserInput(
        `${path}.number`,
        `The parts of this upload have the numbers 1 to ${partCount}, not ${number}.`,
      );
    }
    if (headers.has(number)) throw badUserInput(`${path}.number`, `Part ${number} has two checksums.`);
    if (checksum === undefined) continue;
    headers.set(number, [toChecksumHeader(parseChecksumValue(checksum.algorithm, value, `${path}.value`))]);
  }
  return headers;
}
