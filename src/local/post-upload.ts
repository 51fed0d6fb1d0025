import type { Readable } from "node:stream";
import type { Answer } from "./answer.ts";
import type { WireRequest } from "./identity.ts";
import type { S3Endpoint } from "./s3-endpoint.ts";
import type { Target } from "./s3-request.ts";
import { StoreError } from "./store-error.ts";
export function isPostUpload(wire: WireRequest, target: Target): target is Target & { readonly bucketName: string } {
  return wire.method === "POST" && target.bucketName !== undefined && target.key === undefined && /^multipart\/form-data/i.test(wire.headers["content-type"] ?? "");
}
export async function answerPostUpload(_e: S3Endpoint, _w: WireRequest, _b: string, _body: Readable): Promise<Answer> { throw new StoreError(501, "NotImplemented", "later"); }
