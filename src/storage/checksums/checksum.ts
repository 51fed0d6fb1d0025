import { badUserInput } from "../../core/errors.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";

export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** An object's checksum. `value` is in base64, as in the `x-amz-checksum-*` headers. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

const digestBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** @throws {ValetKeyError} BAD_USER_INPUT if the value is not base64 or does not have the algorithm's length */
export function parseChecksum({ algorithm, value }: Checksum, field: string): Checksum {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== digestBytes[algorithm] || bytes.toString("base64") !== value) {
    throw badUserInput(
      `${field}.value`,
      `A ${algorithm} checksum has ${digestBytes[algorithm]} bytes, encoded in base64.`,
    );
  }
  return { algorithm, value };
}

/** The header that makes S3 verify the bytes, such as `x-amz-checksum-sha256`. */
export function toChecksumHeader({ algorithm, value }: Checksum): NameAndValue {
  return { name: `x-amz-checksum-${algorithm.toLowerCase()}`, value };
}

/** The same as a parameter of the SDK's commands. */
export function toChecksumParameter(checksum: Checksum | undefined): Partial<Record<string, string>> {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}
