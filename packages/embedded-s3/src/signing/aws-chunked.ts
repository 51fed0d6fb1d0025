import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { StoreError } from "../core/store-error.ts";
import { sha256Hex, signatureHex } from "./canonical-request.ts";
import { type ChunkSigning, type PayloadCheck, sameSignature } from "./verify-signature.ts";

export interface AwsChunkedOptions {
  readonly check: Extract<PayloadCheck, { kind: "chunked" }>;
  readonly signing: ChunkSigning;
  /** x-amz-decoded-content-length. */
  readonly decodedLength: number | undefined;
  /** The names in x-amz-trailer, in lower case. */
  readonly trailerNames: readonly string[];
}

/**
 * Removes the framing of a body and verifies it: sizes, the signature of each chunk, and that of the trailer.
 * Bytes are passed on before the signature of their chunk is known, so nothing of a stream that ends in an error may be
 * kept: StoreError 400 IncompleteBody, 400 MalformedTrailerError,
 * 403 InvalidChunkSizeError, 403 SignatureDoesNotMatch.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @throws {StoreError} 411 MissingContentLength without a decoded length
 */
export function decodeAwsChunked(options: AwsChunkedOptions): AwsChunkedDecoder {
  const { decodedLength } = options;
  if (decodedLength === undefined) {
    throw new StoreError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  return new AwsChunkedDecoder({ ...options, decodedLength });
}

interface Chunk {
  /** From 1. */
  readonly number: number;
  readonly bytes: number;
  readonly signature: string | undefined;
  readonly hash: Hash;
}

const minChunkBytes = 8192;
const maxLineBytes = 8192;
const maxTrailers = 20;
const chunkHeaderShape = /^([0-9A-Fa-f]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/;

export class AwsChunkedDecoder extends Transform {
  /** Names in lower case. Complete once the stream has ended. */
  readonly trailers: ReadonlyMap<string, string>;
  readonly #options: AwsChunkedOptions & { readonly decodedLength: number };
  readonly #trailers = new Map<string, string>();
  #expects: "header" | "data" | "end of data" | "trailer" | "end of body" | "nothing" = "header";
  #line: Buffer[] = [];
  #chunk: Chunk | undefined;
  #remainingBytes = 0;
  #decodedBytes = 0;
  #previousSignature: string;

  constructor(options: AwsChunkedOptions & { readonly decodedLength: number }) {
    super();
    this.trailers = this.#trailers;
    this.#options = options;
    this.#previousSignature = options.signing.seedSignature;
  }

  override _transform(input: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    try {
      let rest = input;
      while (rest.length > 0) rest = this.#expects === "data" ? this.#takeData(rest) : this.#takeLine(rest);
      callback();
    } catch (error) {
      callback(error instanceof Error ? error : new Error("unreadable chunk", { cause: error }));
    }
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#expects === "nothing" ? null : incompleteBody());
  }

  #takeData(input: Buffer): Buffer {
    const data = input.subarray(0, this.#remainingBytes);
    this.#remainingBytes -= data.length;
    this.#decodedBytes += data.length;
    if (this.#options.check.signed) this.#chunk?.hash.update(data);
    this.push(data);
    if (this.#remainingBytes === 0) this.#expects = "end of data";
    return input.subarray(data.length);
  }

  /** Collects a line that ends with CRLF; it can arrive in several pieces. */
  #takeLine(input: Buffer): Buffer {
    if (this.#expects === "nothing") throw malformedTrailer();
    const end = input.indexOf("\n") + 1;
    this.#line.push(end === 0 ? input : input.subarray(0, end));
    const line = Buffer.concat(this.#line);
    if (line.length > maxLineBytes) throw incompleteBody();
    this.#line = end === 0 ? [line] : [];
    if (end === 0) return Buffer.alloc(0);
    if (line.at(-2) !== 0x0d) throw incompleteBody();
    this.#useLine(line.subarray(0, -2).toString("latin1"));
    return input.subarray(end);
  }

  #useLine(line: string): void {
    if (this.#expects === "header") {
      this.#startChunk(line);
    } else if (this.#expects === "trailer" && line !== "") {
      this.#addTrailer(line);
    } else if (line !== "") {
      throw incompleteBody();
    } else if (this.#expects === "end of data") {
      this.#checkChunkSignature();
      this.#expects = "header";
    } else {
      if (this.#expects === "trailer") this.#checkTrailers();
      this.#expects = "nothing";
    }
  }

  #startChunk(line: string): void {
    const [, size, signature] = chunkHeaderShape.exec(line) ?? [];
    if (size === undefined) throw incompleteBody();
    if ((signature !== undefined) !== this.#options.check.signed) throw signatureMismatch();
    const bytes = Number.parseInt(size, 16);
    const previous = this.#chunk;
    const number = (previous?.number ?? 0) + 1;
    if (bytes > 0 && previous !== undefined && previous.bytes < minChunkBytes) {
      throw new StoreError(
        403,
        "InvalidChunkSizeError",
        "Only the last chunk is allowed to have a size less than 8192 bytes",
        { details: { Chunk: String(number), BadChunkSize: String(previous.bytes) } },
      );
    }
    if (this.#decodedBytes + bytes > this.#options.decodedLength) throw incompleteBody();
    this.#chunk = { number, bytes, signature, hash: createHash("sha256") };
    this.#remainingBytes = bytes;
    if (bytes > 0) this.#expects = "data";
    else this.#endData();
  }

  /** The empty chunk ends the data. Only trailers may follow. */
  #endData(): void {
    this.#checkChunkSignature();
    if (this.#decodedBytes !== this.#options.decodedLength) throw incompleteBody();
    this.#expects = this.#options.check.trailer ? "trailer" : "end of body";
  }

  #checkChunkSignature(): void {
    if (!this.#options.check.signed || this.#chunk === undefined) return;
    const { hash, signature = "" } = this.#chunk;
    this.#checkSignature("AWS4-HMAC-SHA256-PAYLOAD", [sha256Hex(""), hash.digest("hex")], signature);
  }

  #addTrailer(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === "" || this.#trailers.has(name) || this.#trailers.size === maxTrailers)
      throw malformedTrailer();
    this.#trailers.set(name, line.slice(colon + 1).trim());
  }

  #checkTrailers(): void {
    const { check, trailerNames } = this.#options;
    const signature = this.#trailers.get("x-amz-trailer-signature");
    if ((signature !== undefined) !== check.signed) throw malformedTrailer();
    this.#trailers.delete("x-amz-trailer-signature");
    const isAnnounced = trailerNames.every((name) => this.#trailers.has(name));
    if (!isAnnounced || this.#trailers.size !== new Set(trailerNames).size) throw malformedTrailer();
    if (signature === undefined) return;
    const canonical = Array.from(this.#trailers, ([name, value]) => `${name}:${value}\n`).join("");
    this.#checkSignature("AWS4-HMAC-SHA256-TRAILER", [sha256Hex(canonical)], signature);
  }

  /** Each signature covers the one before it. The first covers the signature of the request. */
  #checkSignature(algorithm: string, hashes: readonly string[], signature: string): void {
    const { signingKey, timestamp, scope } = this.#options.signing;
    const stringToSign = [algorithm, timestamp, scope, this.#previousSignature, ...hashes].join("\n");
    if (!sameSignature(signatureHex(signingKey, stringToSign), signature)) throw signatureMismatch();
    this.#previousSignature = signature;
  }
}

function incompleteBody(): StoreError {
  return new StoreError(
    400,
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  );
}

function malformedTrailer(): StoreError {
  return new StoreError(
    400,
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );
}

function signatureMismatch(): StoreError {
  return new StoreError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  );
}
