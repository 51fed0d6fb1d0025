import { createHash } from "node:crypto";
import { StoreError } from "../core/store-error.ts";
import {
  badDigest,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  checksumsAmong,
  createChecksum,
  parseChecksumAlgorithm,
  parseChecksumValue,
} from "./checksums.ts";
import type { RunningDigest } from "./crc.ts";

/** The digests that a request declares for its body. */
export interface ExpectedDigests {
  /** Content-MD5, in hex. */
  readonly md5?: string | undefined;
  /** x-amz-content-sha256, in hex. */
  readonly sha256?: string | undefined;
  /** `value` is undefined if the checksum is sent in the trailer. */
  readonly checksum?:
    | { readonly algorithm: ChecksumAlgorithm; readonly value: string | undefined }
    | undefined;
  /** A checksum to compute although the request does not declare it. */
  readonly compute?: ChecksumAlgorithm | undefined;
}

/**
 * @param headers names in lower case
 * @throws {StoreError} InvalidDigest, InvalidRequest
 */
export function parseExpectedDigests(
  headers: Readonly<Record<string, string>>,
  sha256: string | undefined,
): ExpectedDigests {
  return { md5: parseContentMd5(headers["content-md5"]), sha256, checksum: parseChecksum(headers) };
}

function parseContentMd5(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== value) {
    throw new StoreError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
      details: { "Content-MD5": value },
    });
  }
  return bytes.toString("hex");
}

function parseChecksum(headers: Readonly<Record<string, string>>): ExpectedDigests["checksum"] {
  const trailers = trailerNames(headers);
  const trailing = checksumsAmong(trailers);
  if (trailing.length < trailers.length) {
    throw new StoreError(
      400,
      "InvalidRequest",
      "The value specified in the x-amz-trailer header is not supported",
    );
  }
  const present = [...checksumsAmong(Object.keys(headers)), ...trailing];
  if (present.length > 1) {
    throw new StoreError(
      400,
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const [algorithm] = present;
  const declared = headers["x-amz-sdk-checksum-algorithm"];
  if (declared !== undefined) {
    const declaredAlgorithm = parseChecksumAlgorithm(declared, "x-amz-sdk-checksum-algorithm");
    if (algorithm === undefined) {
      throw new StoreError(
        400,
        "InvalidRequest",
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
      );
    }
    if (declaredAlgorithm !== algorithm) {
      throw new StoreError(
        400,
        "InvalidRequest",
        "Value for x-amz-sdk-checksum-algorithm header is invalid.",
      );
    }
  }
  if (algorithm === undefined) return undefined;
  const value = headers[checksumHeader(algorithm)];
  return { algorithm, value: value === undefined ? undefined : parseChecksumValue(algorithm, value) };
}

/** The names that x-amz-trailer announces, in lower case. */
export function trailerNames(headers: Readonly<Record<string, string>>): string[] {
  const announced = headers["x-amz-trailer"] ?? "";
  return announced
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

/** The digests of a verified body. */
export interface BodyDigests {
  readonly bytes: number;
  /** In hex. */
  readonly md5: string;
  readonly checksum?: Checksum | undefined;
}

/** Computes the digests of a body chunk by chunk, and compares them with the declared ones at its end. */
export class DigestVerifier {
  readonly #expected: ExpectedDigests;
  readonly #md5 = createHash("md5");
  readonly #sha256: RunningDigest | undefined;
  readonly #checksum: RunningDigest | undefined;
  #bytes = 0;
  #digests: BodyDigests | undefined;

  constructor(expected: ExpectedDigests) {
    this.#expected = expected;
    this.#sha256 = expected.sha256 === undefined ? undefined : createHash("sha256");
    const algorithm = expected.checksum?.algorithm ?? expected.compute;
    this.#checksum = algorithm && createChecksum(algorithm);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Available after `finish` has succeeded. */
  get digests(): BodyDigests {
    if (this.#digests === undefined) throw new Error("The body has not been verified.");
    return this.#digests;
  }

  update(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#md5.update(chunk);
    this.#sha256?.update(chunk);
    this.#checksum?.update(chunk);
  }

  /** @throws {StoreError} XAmzContentSHA256Mismatch, BadDigest, InvalidRequest, MalformedTrailerError */
  finish(trailers: ReadonlyMap<string, string> = new Map()): BodyDigests {
    this.#verifySha256();
    const md5 = this.#md5.digest("hex");
    if (this.#expected.md5 !== undefined && this.#expected.md5 !== md5) {
      throw new StoreError(
        400,
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        {
          details: {
            ExpectedDigest: Buffer.from(this.#expected.md5, "hex").toString("base64"),
            CalculatedDigest: Buffer.from(md5, "hex").toString("base64"),
          },
        },
      );
    }
    this.#digests = { bytes: this.#bytes, md5, checksum: this.#verifyChecksum(trailers) };
    return this.#digests;
  }

  #verifySha256(): void {
    const expected = this.#expected.sha256;
    if (this.#sha256 === undefined || expected === undefined) return;
    const computed = this.#sha256.digest().toString("hex");
    if (computed === expected.toLowerCase()) return;
    throw new StoreError(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { details: { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: computed } },
    );
  }

  #verifyChecksum(trailers: ReadonlyMap<string, string>): Checksum | undefined {
    const { checksum: expected, compute } = this.#expected;
    if (this.#checksum === undefined) return undefined;
    const value = this.#checksum.digest().toString("base64");
    if (expected === undefined) return compute && { algorithm: compute, type: "FULL_OBJECT", value };
    const { algorithm } = expected;
    const promised = expected.value ?? trailers.get(checksumHeader(algorithm));
    if (promised === undefined) {
      throw new StoreError(
        400,
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
      );
    }
    if (parseChecksumValue(algorithm, promised) !== value) throw badDigest(algorithm);
    return { algorithm, type: "FULL_OBJECT", value };
  }
}
