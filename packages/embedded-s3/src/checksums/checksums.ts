import { createHash } from "node:crypto";
import { notImplemented, StoreError } from "../core/store-error.ts";
import { type CrcName, combineCrcs, createCrc, type RunningDigest } from "./crc.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html

/** S3 also has XXHASH3, XXHASH64 and XXHASH128. */
export const checksumAlgorithms = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "MD5",
  "SHA1",
  "SHA256",
  "SHA512",
] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** A checksum as S3 stores and returns it. `value` is base64; that of a composite checksum ends in "-" and the number of parts. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

const digestBytes: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  MD5: 16,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
};

const headerPrefix = "x-amz-checksum-";
const aboutChecksums = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `${headerPrefix}${algorithm.toLowerCase()}`;
}

/**
 * The algorithms of the checksums among these headers.
 * @throws {StoreError} NotImplemented for a checksum that the store cannot verify
 */
export function checksumsAmong(headerNames: readonly string[]): ChecksumAlgorithm[] {
  return headerNames
    .filter((name) => name.startsWith(headerPrefix) && !aboutChecksums.has(name))
    .map((name) => {
      const algorithm = checksumAlgorithms.find((known) => checksumHeader(known) === name);
      if (algorithm === undefined) throw notImplemented(name);
      return algorithm;
    });
}

export function createChecksum(algorithm: ChecksumAlgorithm): RunningDigest {
  return isCrc(algorithm) ? createCrc(algorithm) : createHash(algorithm.toLowerCase());
}

function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcName {
  return algorithm.startsWith("CRC");
}

/** @throws {StoreError} InvalidRequest */
export function parseChecksumAlgorithm(value: string, header: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithms.find((known) => known === value.toUpperCase());
  if (algorithm === undefined)
    throw new StoreError(400, "InvalidRequest", `Value for ${header} header is invalid.`);
  return algorithm;
}

/** @throws {StoreError} InvalidRequest unless it is base64 of the number of bytes that the algorithm has */
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

/** The checksum of an object that consists of these parts. */
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
 * The type of the checksum of a multipart upload.
 * @throws {StoreError} InvalidRequest for a combination that AWS does not offer
 */
export function checksumTypeOf(algorithm: ChecksumAlgorithm, asked: string | undefined): ChecksumType {
  const offered = typesOf(algorithm);
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

/** Only CRCs of the parts can be combined to a CRC of the whole. */
function typesOf(algorithm: ChecksumAlgorithm): readonly ChecksumType[] {
  if (algorithm === "CRC64NVME") return ["FULL_OBJECT"];
  return isCrc(algorithm) ? ["COMPOSITE", "FULL_OBJECT"] : ["COMPOSITE"];
}
