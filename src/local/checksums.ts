import { createHash } from "node:crypto";
import { type CrcName, combineCrcs, createCrc, type RunningDigest } from "./crc.ts";
import { StoreError } from "./store-error.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html

export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** A checksum as S3 stores and answers it. `value` is base64; a composite one ends in "-" and the number of parts. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

const digestBytes: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

export function createChecksum(algorithm: ChecksumAlgorithm): RunningDigest {
  if (algorithm === "SHA1" || algorithm === "SHA256") return createHash(algorithm.toLowerCase());
  return createCrc(algorithm);
}

/** @throws {StoreError} InvalidRequest */
export function parseChecksumAlgorithm(value: string, header: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithms.find((known) => known === value.toUpperCase());
  if (algorithm === undefined)
    throw new StoreError(400, "InvalidRequest", `Value for ${header} header is invalid.`);
  return algorithm;
}

/** @throws {StoreError} InvalidRequest when it is not the base64 of as many bytes as the algorithm has */
export function parseChecksumValue(algorithm: ChecksumAlgorithm, value: string): string {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== digestBytes[algorithm] || bytes.toString("base64") !== value) {
    throw new StoreError(400, "InvalidRequest", `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
  return value;
}

export function badDigest(what: string): StoreError {
  return new StoreError(400, "BadDigest", `The ${what} you specified did not match the calculated checksum.`);
}

export interface PartChecksum {
  readonly value: string;
  readonly bytes: number;
}

/** The checksum of an object made of these parts. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): Checksum {
  const value = type === "COMPOSITE" ? compositeValue(algorithm, parts) : fullObjectValue(algorithm, parts);
  return { algorithm, type, value };
}

function compositeValue(algorithm: ChecksumAlgorithm, parts: readonly PartChecksum[]): string {
  const checksum = createChecksum(algorithm);
  for (const part of parts) checksum.update(Buffer.from(part.value, "base64"));
  return `${checksum.digest().toString("base64")}-${parts.length}`;
}

function fullObjectValue(algorithm: ChecksumAlgorithm, parts: readonly PartChecksum[]): string {
  const crc = algorithm as CrcName;
  let combined = createCrc(crc).digest();
  for (const part of parts)
    combined = combineCrcs(crc, combined, Buffer.from(part.value, "base64"), part.bytes);
  return combined.toString("base64");
}

/**
 * The type that a multipart upload's checksum has.
 * @throws {StoreError} InvalidRequest for a pair that AWS does not offer
 */
export function checksumTypeOf(algorithm: ChecksumAlgorithm, asked: string | undefined): ChecksumType {
  const offered: readonly ChecksumType[] =
    algorithm === "CRC64NVME"
      ? ["FULL_OBJECT"]
      : algorithm === "SHA1" || algorithm === "SHA256"
        ? ["COMPOSITE"]
        : ["COMPOSITE", "FULL_OBJECT"];
  const type =
    asked === undefined ? offered[0] : offered.find((candidate) => candidate === asked.toUpperCase());
  if (type === undefined) {
    throw new StoreError(
      400,
      "InvalidRequest",
      `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return type;
}
