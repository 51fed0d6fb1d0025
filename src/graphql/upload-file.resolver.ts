import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { authorizeUpload, uploadLimitBytes } from "../access/authorization.ts";
import type { IncomingFile } from "../storage/incoming-file.ts";
import { streamUpload } from "../storage/streamed-upload.ts";
import { uploadHeaders } from "../storage/upload-headers.ts";
import { parseObjectAddress } from "./arguments.ts";
import type { RequestContext } from "./context.ts";
import { toS3Object } from "./s3-object-type.ts";
import { UploadInput } from "./types/inputs.ts";
import { S3Object } from "./types/s3-object.ts";
import { Upload } from "./types/scalars.ts";

@Resolver()
export class UploadFileResolver {
  @Mutation(() => S3Object, {
    description:
      "Sends a file through the server with a GraphQL multipart request. It is stored whole or not at all. Several files in one request are sent in the order of their fields.",
  })
  async uploadFile(
    @Ctx() context: RequestContext,
    @Arg("file", () => Upload) file: IncomingFile,
    @Arg("input", () => UploadInput, {
      description: "Its contentType goes before the one that the form says.",
    })
    input: UploadInput,
  ): Promise<S3Object> {
    try {
      return await store(context, file, input);
    } finally {
      // Whatever was not read has to make way for the form's next file.
      file.discard();
    }
  }
}

async function store(context: RequestContext, file: IncomingFile, input: UploadInput): Promise<S3Object> {
  const { services } = context;
  const address = context.inKnownRegion(parseObjectAddress(input, services.regions, "input."));
  const contentType = input.contentType ?? file.contentType;
  const headers = uploadHeaders({ ...input, contentType }, "input.");
  authorizeUpload(context.grants, address, { contentType });
  const limitBytes = Math.min(
    services.maxUploadBytes,
    uploadLimitBytes(context.grants, address, contentType),
  );
  // An upload may take longer than a role session lives, so every part asks for one that does.
  const stored = await context.inRegionOf(address, (_s3, there) =>
    streamUpload({
      s3: () => context.s3(there.region),
      address: there,
      body: file.open({ maxBytes: limitBytes }),
      limitBytes,
      headers,
      budget: services.uploadBudget,
      abandoned: services.abandonedUploads,
      metrics: services.metrics,
      signal: services.stopping,
    }),
  );
  context.loaders.forget(address);
  return toS3Object(stored);
}
