import type { GraphQLSchema } from "graphql";
import { coerceArguments } from "../graphql/coerce-arguments.ts";
import type { RequestContext } from "../graphql/context.ts";
import { uploadedParts } from "../graphql/upload/find-upload.ts";
import type { MultipartUpload } from "../graphql/upload/multipart-upload.ts";
import type { PartsArguments } from "../graphql/upload/parts-arguments.ts";
import { signParts } from "../graphql/upload/sign-parts.ts";
import { PostUpload, PutUpload } from "../graphql/upload/upload-request.ts";
import type * as api from "./types.ts";

export interface UploadScope {
  readonly schema: GraphQLSchema;
  readonly context: () => Promise<RequestContext>;
}

export function toUploadRequest(
  scope: UploadScope,
  upload: PutUpload | PostUpload | MultipartUpload,
): api.PutUpload | api.PostUpload | api.MultipartUpload {
  const { bucket, key, region } = upload;
  if (upload instanceof PutUpload) {
    const { url, headers, expiresAt, receipt } = upload;
    return { method: "PUT", url, headers: [...headers], expiresAt, receipt, bucket, key, region };
  }
  if (upload instanceof PostUpload) {
    const { url, fields, expiresAt, receipt } = upload;
    return { method: "POST", url, fields: [...fields], expiresAt, receipt, bucket, key, region };
  }
  return toMultipartUpload(scope, upload);
}

export function toMultipartUpload(
  { schema, context }: UploadScope,
  upload: MultipartUpload,
): api.MultipartUpload {
  const { id, bucket, key, region, size, partSize, partCount } = upload;
  return {
    method: "MULTIPART",
    ...{ id, bucket, key, region, size, partSize, partCount },
    async parts({ expiresIn, ...request }) {
      const given = coerceArguments<PartsArguments>(schema, "MultipartUpload.parts", {
        ...request,
        expiresIn,
      });
      return signParts(await context(), upload, { ...given, expiresIn });
    },
    async uploadedParts() {
      const parts = await uploadedParts(await context(), upload);
      return parts.map(({ number, size, etag }) => ({ number, size, etag }));
    },
  };
}
