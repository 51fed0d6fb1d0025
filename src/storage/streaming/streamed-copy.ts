import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { wholeDescription } from "../copying/copied-description.ts";
import type { CopyObjectRequest } from "../copying/copy-request.ts";
import { type CopySource, SourceChanged } from "../copying/copy-source.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import { streamUpload } from "./streamed-upload.ts";
import type { UploadBudget } from "./upload-budget.ts";

export interface StreamedCopyOptions {
  readonly budget: UploadBudget;
  /** Larger objects are refused. */
  readonly maxBytes: number;
}

/**
 * Copies an object between two roles or two stores: the bytes pass through the server, read with one session and
 * written with another.
 * @throws {ValetKeyError} UPLOAD_TOO_LARGE (from), and what `streamUpload` throws
 */
export function streamedCopy({ budget, maxBytes }: StreamedCopyOptions) {
  return async (request: CopyObjectRequest, source: CopySource): Promise<StoredObject> => {
    const { s3, to, changes, terms, abandoned, signal } = request;
    const limitBytes = source.head.ContentLength ?? 0;
    if (limitBytes > maxBytes) {
      throw new ValetKeyError(
        "UPLOAD_TOO_LARGE",
        `A copy between buckets of two roles passes through the server, which takes at most ${maxBytes} bytes.`,
        { field: "from" },
      );
    }
    const description = { ...(await wholeDescription(changes, source)), ...terms };
    const body = await openSource(source);
    return await streamUpload({ s3, address: to, body, limitBytes, description, budget, abandoned, signal });
  };
}

async function openSource({ s3, address, head }: CopySource): Promise<Readable> {
  const get = new GetObjectCommand({
    Bucket: address.bucket,
    Key: address.key,
    VersionId: address.versionId,
    IfMatch: head.ETag,
  });
  const { Body } = await s3.send(get).catch((cause: unknown) => {
    if (describeFailure(cause).httpStatus === 412) throw new SourceChanged(cause);
    throw toStorageError(cause, { operation: "GetObject", subject: "object" });
  });
  // In Node, the SDK's body is a stream of Node.
  return Body as Readable;
}
