import { createHash } from "node:crypto";
import { bareEtag } from "../objects/stored-object.ts";
import type { CompletedPart } from "./part-list.ts";

/** The ETag of a multipart object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export function etagOfParts(parts: readonly CompletedPart[]): string {
  const hash = createHash("md5");
  for (const { etag } of [...parts].sort((a, b) => a.number - b.number)) {
    hash.update(Buffer.from(bareEtag(etag), "hex"));
  }
  return `"${hash.digest("hex")}-${parts.length}"`;
}
