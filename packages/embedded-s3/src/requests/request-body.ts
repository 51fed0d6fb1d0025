import type { Readable } from "node:stream";
import type { ChecksumAlgorithm } from "../checksums/checksums.ts";
import {
  type BodyDigests,
  DigestVerifier,
  parseExpectedDigests,
  trailerNames,
} from "../checksums/expected-digests.ts";
import { notImplemented, StoreError } from "../core/store-error.ts";
import type { BlobFiles, StoredBlob } from "../disk/blob-files.ts";
import { decodeAwsChunked } from "../signing/aws-chunked.ts";
import type { S3Request } from "./s3-request.ts";

export const maxPutBytes = 5 * 1024 ** 3;
const maxControlBytes = 1024 ** 2;

export interface ReceivedBlob extends BodyDigests {
  readonly stored: StoredBlob;
}

export interface ReceiveOptions {
  /** The checksum to compute of a body that was sent without one. */
  readonly compute?: ChecksumAlgorithm | undefined;
}

/**
 * Writes the body of a request to a new blob, and checks it against everything that the request declared. The caller
 * has to commit or remove the blob. After an error there is no blob.
 * @throws {StoreError} MissingContentLength, EntityTooLarge, IncompleteBody, BadDigest, …
 */
export async function receiveBlob(
  request: S3Request,
  blobs: BlobFiles,
  { compute }: ReceiveOptions = {},
): Promise<ReceivedBlob> {
  const body = verifiedBody(request, maxPutBytes, compute);
  const stored = await blobs.write(body.chunks);
  return { ...body.digests(), stored };
}

/** Receives a blob and commits it. Removes the blob if that fails. */
export async function withReceivedBlob<Result>(
  request: S3Request,
  blobs: BlobFiles,
  commit: (received: ReceivedBlob) => Promise<Result>,
  options: ReceiveOptions = {},
): Promise<Result> {
  const received = await receiveBlob(request, blobs, options);
  try {
    return await commit(received);
  } catch (error) {
    await blobs.remove([received.stored]);
    throw error;
  }
}

/**
 * The text of a small body, such as an XML document.
 * @param checksumOf what an x-amz-checksum-* header describes: for CompleteMultipartUpload it is the object, not the XML
 * @throws {StoreError} MaxMessageLengthExceeded, BadDigest, …
 */
export async function receiveText(
  request: S3Request,
  checksumOf: "body" | "object" = "body",
): Promise<string> {
  const headers = checksumOf === "body" ? request.headers : withoutChecksums(request.headers);
  const chunks: Buffer[] = [];
  for await (const chunk of verifiedBody({ ...request, headers }, maxControlBytes).chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function withoutChecksums(headers: S3Request["headers"]): S3Request["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("x-amz-checksum-")));
}

interface VerifiedBody {
  /** Ends in an error unless the whole body is as the request declared it. */
  readonly chunks: AsyncIterable<Buffer>;
  /** To be called after the end of `chunks`. */
  readonly digests: () => BodyDigests;
}

function verifiedBody(request: S3Request, maxBytes: number, compute?: ChecksumAlgorithm): VerifiedBody {
  const { headers } = request;
  const { payload, signing } = request.signature;
  // S3 takes a body of unknown length only as aws-chunked.
  if (headers["transfer-encoding"] !== undefined && payload.kind !== "chunked") {
    throw notImplemented("Transfer-Encoding");
  }
  const bytes =
    payload.kind === "chunked" ? headers["x-amz-decoded-content-length"] : headers["content-length"];
  const promisedBytes = parseLength(bytes);
  if (promisedBytes > maxBytes) throw tooLarge(promisedBytes, maxBytes);
  const expected = parseExpectedDigests(headers, payload.kind === "sha256" ? payload.hex : undefined);
  const verifier = new DigestVerifier({ ...expected, compute });
  if (payload.kind !== "chunked") {
    const chunks = verified(request.openBody, verifier, promisedBytes, () => new Map());
    return { chunks, digests: () => verifier.digests };
  }
  const decoder = decodeAwsChunked({
    check: payload,
    signing,
    decodedLength: promisedBytes,
    trailerNames: trailerNames(headers),
  });
  const chunks = verified(
    () => pipeInto(request.openBody(), decoder),
    verifier,
    promisedBytes,
    () => decoder.trailers,
  );
  return { chunks, digests: () => verifier.digests };
}

async function* verified(
  open: () => Readable,
  verifier: DigestVerifier,
  promisedBytes: number,
  trailers: () => ReadonlyMap<string, string>,
): AsyncGenerator<Buffer> {
  // The request must not be destroyed by an error: the response needs its socket.
  for await (const chunk of open().iterator({ destroyOnReturn: false })) {
    verifier.update(chunk);
    yield chunk;
  }
  if (verifier.bytes !== promisedBytes) throw incompleteBody();
  verifier.finish(trailers());
}

/** Unlike stream.pipeline, leaves the request and its socket open when the decoder fails. */
function pipeInto<Decoder extends NodeJS.WritableStream & Readable>(
  source: Readable,
  decoder: Decoder,
): Decoder {
  source.once("error", () => decoder.destroy(incompleteBody()));
  source.once("close", () => {
    if (!source.readableEnded) decoder.destroy(incompleteBody());
  });
  return source.pipe(decoder);
}

export function incompleteBody(): StoreError {
  return new StoreError(
    400,
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
  );
}

function parseLength(header: string | undefined): number {
  if (header === undefined || !/^\d{1,16}$/.test(header)) {
    throw new StoreError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  return Number(header);
}

function tooLarge(bytes: number, maxBytes: number): StoreError {
  if (maxBytes === maxControlBytes) {
    return new StoreError(400, "MaxMessageLengthExceeded", "Your request was too large.", {
      details: { MaxMessageLengthBytes: String(maxBytes) },
    });
  }
  return new StoreError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
    details: { ProposedSize: String(bytes), MaxSizeAllowed: String(maxBytes) },
  });
}
