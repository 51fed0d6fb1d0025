import { authorizeUpload } from "../../access/authorization.ts";
import { fileArgument, type IncomingFile } from "../../core/incoming-file.ts";
import { parseDescription } from "../../storage/description/object-description.ts";
import { withBucketTerms } from "../../storage/description/storage-terms.ts";
import type { StoredObject } from "../../storage/objects/stored-object.ts";
import { streamUpload } from "../../storage/streaming/streamed-upload.ts";
import { parseNewObjectAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import type { UploadInput } from "../types/upload-input.ts";

/** The paths of the two arguments that belong together: `file` and `input`, or `files.2` and `inputs.2`. */
export interface FileArguments {
  readonly file: string;
  readonly input: string;
}

/** Waits for a file of the form and streams it to S3. Errors name the argument at fault. */
export function storeFile(
  context: RequestContext,
  arriving: Promise<IncomingFile>,
  input: UploadInput,
  names: FileArguments,
): Promise<StoredObject> {
  const paths = { fieldPrefix: `${names.input}.`, elsewhere: { [fileArgument]: names.file } };
  return withFieldPrefix(paths, async () => {
    const file = await arriving;
    try {
      return await storeStream(context, file, input);
    } finally {
      // The form's next file arrives only after this one has been read or skipped.
      file.discard();
    }
  });
}

/** A file whose bytes can be read once. */
export type FileSource = Pick<IncomingFile, "maxBytes" | "open"> & {
  readonly contentType: string | undefined;
};

/** Streams a file to S3. Errors name values of `input`. */
export async function storeStream(
  context: RequestContext,
  file: FileSource,
  input: UploadInput,
): Promise<StoredObject> {
  const { services } = context;
  const given = parseNewObjectAddress(input, services.regions);
  const contentType = input.contentType ?? file.contentType;
  const description = withBucketTerms(
    parseDescription({ ...input, contentType }),
    services.buckets.of(given.bucket),
  );
  const { maxUploadBytes } = authorizeUpload(context.grants, given, { contentType });
  const limitBytes = Math.min(services.maxUploadBytes, maxUploadBytes);
  // The file can be read only once, so the bucket's region has to be known before.
  const address = await context.discoverRegion(given);
  const stored = await streamUpload({
    // Called for each part: an upload may take longer than a role session lives.
    s3: () => context.freshS3(address),
    address,
    body: file.open({ maxBytes: limitBytes }),
    // Reserves no more memory than the file can need.
    limitBytes: Math.min(limitBytes, file.maxBytes),
    description,
    budget: services.uploadBudget,
    abandoned: services.abandonedUploads,
    metrics: services.metrics,
    signal: services.stopping,
  });
  await context.wrote(stored, { by: "uploadFile", given: description });
  return stored;
}
