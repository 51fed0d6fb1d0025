import { authorizeUpload } from "../../access/authorization.ts";
import type { UrlLifetime } from "../../access/url-lifetime.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { UploadChecksum } from "../../storage/checksums/checksum.ts";
import { type ObjectDescription, parseDescription } from "../../storage/description/object-description.ts";
import { withBucketTerms } from "../../storage/description/storage-terms.ts";
import { parseNewObjectAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";
import type { UploadInput } from "../types/upload-input.ts";

/** What is the same for every way of sending a file: where it goes, what is stored with it, and how long its URLs live. */
export interface ParsedUploadTerms {
  readonly address: ObjectAddress;
  readonly description: ObjectDescription;
  /** Separate from the description, because that of a multipart upload may have no value yet. */
  readonly checksum: UploadChecksum | undefined;
  readonly lifetime: UrlLifetime;
}

export interface UploadTermsRequest {
  /** The size of the file, or the largest size that it may have. */
  readonly sizeBytes: number;
  readonly expiresIn: number | undefined;
  readonly isMultipart: boolean;
}

/** Parses the input of an upload, and checks that the caller's grants allow it. */
export function parseUploadTerms(
  context: RequestContext,
  input: UploadInput,
  { sizeBytes, expiresIn, isMultipart }: UploadTermsRequest,
): ParsedUploadTerms {
  const { services, grants } = context;
  const address = context.applyKnownRegion(parseNewObjectAddress(input, services.regions));
  const { checksum, description: given } = parseInput(input, isMultipart);
  const description = withBucketTerms(given, services.buckets.of(address.bucket));
  const limits = authorizeUpload(grants, address, { sizeBytes, contentType: input.contentType ?? undefined });
  const lifetime = context.urlLifetime(address.bucket, { expiresInSeconds: expiresIn }, limits);
  return { address, description, checksum, lifetime };
}

function parseInput(
  input: UploadInput,
  isMultipart: boolean,
): { description: ObjectDescription; checksum: UploadChecksum | undefined } {
  const { checksum } = input;
  if (isMultipart && checksum && typeof checksum.value !== "string") {
    const description = parseDescription({ ...input, checksum: undefined });
    return { description, checksum: { algorithm: checksum.algorithm } };
  }
  const description = parseDescription(input);
  return { description, checksum: description.checksum };
}
