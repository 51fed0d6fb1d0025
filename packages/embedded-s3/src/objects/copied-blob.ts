import type { ChecksumAlgorithm } from "../checksums/checksums.ts";
import { DigestVerifier } from "../checksums/expected-digests.ts";
import type { ByteRange } from "../disk/blob-files.ts";
import type { StoreResponse } from "../http/response.ts";
import type { ReceivedBlob } from "../requests/request-body.ts";
import type { StoreState } from "../requests/s3-request.ts";
import type { StoredObject } from "../store/object-version.ts";
import type { CopySource } from "./copy-source.ts";
import { versionHeader } from "./find-version.ts";

/** Copies the bytes to a new blob. Removes the blob if `commit` fails. */
export async function withCopiedBlob<Result>(
  { blobs }: StoreState,
  source: StoredObject,
  range: ByteRange | undefined,
  algorithm: ChecksumAlgorithm | undefined,
  commit: (received: ReceivedBlob) => Promise<Result>,
): Promise<Result> {
  const verifier = new DigestVerifier({ compute: algorithm });
  const stored = await blobs.write(digested(blobs.read(source.blobs, range), verifier));
  try {
    return await commit({ stored, ...verifier.finish() });
  } catch (error) {
    await blobs.remove([stored]);
    throw error;
  }
}

async function* digested(source: AsyncIterable<Buffer>, verifier: DigestVerifier): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    verifier.update(chunk);
    yield chunk;
  }
}

export function sourceVersionHeader({ bucket, object }: CopySource): StoreResponse["headers"] {
  return { "x-amz-copy-source-version-id": versionHeader(bucket, object.versionId)["x-amz-version-id"] };
}
