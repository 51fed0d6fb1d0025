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

/** A checksum as a client gives it. A multipart upload may be requested before the value is known. */
export interface GivenChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value?: string | null | undefined;
}

/** What is known of the checksum of a multipart upload before its completion. */
export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value?: string | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (`value` of the field) if the value is missing or not one of the algorithm */
export function parseChecksum({ algorithm, value }: GivenChecksum, field: string): Checksum {
  if (value !== null && value !== undefined) return parseChecksumValue(algorithm, value, `${field}.value`);
  throw badUserInput(
    `${field}.value`,
    "The value of the checksum is missing. Only a multipart upload may be requested without it.",
  );
}

/** @throws {ValetKeyError} BAD_USER_INPUT if the value is not base64 or does not have the algorithm's length */
export function parseChecksumValue(algorithm: ChecksumAlgorithm, value: string, field: string): Checksum {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== digestBytes[algorithm] || bytes.toString("base64") !== value) {
    throw badUserInput(
      field,
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
export function toChecksumParameter(checksum: UploadChecksum | undefined): Partial<Record<string, string>> {
  return checksum?.value === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}
