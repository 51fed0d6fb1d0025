import { incompleteResponse } from "../core/errors.ts";
import type { Decoded } from "../core/operation.ts";
import { noRetries } from "../core/retry.ts";
import type { RequestOptions } from "../core/transport.ts";
import type { RequestUploadMutation, UploadInput } from "../generated/graphql.ts";
import { requestUploadOperation } from "../generated/strings.ts";
import type { UploadSteps } from "./upload-steps.ts";

export type RequestedUpload = Decoded<RequestUploadMutation>["requestUpload"];
export type PutUpload = Extract<RequestedUpload, { __typename: "PutUpload" }>;
export type MultipartUpload = Extract<RequestedUpload, { __typename: "MultipartUpload" }>;

/** Asks the server how to send the file: as a whole, or in parts. */
export async function requestUpload(
  { transport, file, options, checksums }: Pick<UploadSteps, "transport" | "file" | "options" | "checksums">,
  request: Pick<RequestOptions, "signal" | "untilSent">,
): Promise<PutUpload | MultipartUpload> {
  const {
    bucket,
    key,
    region,
    contentType,
    contentDisposition,
    cacheControl,
    overwrite,
    resume = false,
  } = options;
  const input: UploadInput = {
    bucket,
    key,
    region,
    contentDisposition,
    cacheControl,
    overwrite,
    contentType,
    metadata: toPairs(options.metadata),
    tags: toPairs(options.tags),
    // Without its value, it is sent when the upload is completed.
    checksum: checksums && { algorithm: checksums.algorithm, value: checksums.knownWhole },
  };
  const variables = { input, size: file.size, method: "AUTO" as const, resume };
  const { requestUpload } = await transport.request(requestUploadOperation, variables, {
    ...request,
    retryPolicy: noRetries,
  });
  if (requestUpload.__typename === "PutUpload") return requestUpload;
  // AUTO never chooses a form.
  if (requestUpload.__typename === "MultipartUpload") {
    const { partSize, partCount } = requestUpload;
    if (partCount === Math.ceil(file.size / partSize)) return requestUpload;
  }
  throw incompleteResponse();
}

function toPairs(record: Record<string, string> | undefined): { name: string; value: string }[] | undefined {
  return record && Object.entries(record).map(([name, value]) => ({ name, value }));
}
