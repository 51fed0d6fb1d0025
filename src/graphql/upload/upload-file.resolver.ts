import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { authorizeUpload } from "../../access/authorization.ts";
import { fileArgument, type IncomingFile } from "../../core/incoming-file.ts";
import { uploadHeaders } from "../../storage/headers/upload-headers.ts";
import { streamUpload } from "../../storage/streaming/streamed-upload.ts";
import { parseObjectAddress } from "../arguments.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import { S3Object } from "../object/s3-object.ts";
import { toS3Object } from "../object/s3-object-type.ts";
import { UploadInput } from "../types/inputs.ts";
import { Upload } from "../types/scalars.ts";

@Resolver()
export class UploadFileResolver {
  @Mutation(() => S3Object, {
    description:
      "Sends a file through the server with a GraphQL multipart request. It is stored whole or not at all. Several files in one request are sent in the order of their fields.",
  })
  async uploadFile(
    @Ctx() context: RequestContext,
    @Arg(fileArgument, () => Upload, { description: "The file, as the form's `map` names it." })
    file: IncomingFile,
    @Arg("input", () => UploadInput, {
      description:
        "Its contentType goes before the one that the form says, of which parameters such as `charset` are not kept.",
    })
    input: UploadInput,
  ): Promise<S3Object> {
    try {
      return await withFieldPrefix(
        { fieldPrefix: "input.", elsewhere: { [fileArgument]: fileArgument } },
        () => store(context, file, input),
      );
    } finally {
      // Whatever was not read has to make way for the form's next file.
      file.discard();
    }
  }
}

async function store(context: RequestContext, file: IncomingFile, input: UploadInput): Promise<S3Object> {
  const { services } = context;
  const given = parseObjectAddress(input, services.regions);
  const contentType = input.contentType ?? file.contentType;
  const headers = uploadHeaders({ ...input, contentType });
  const { maxUploadBytes } = authorizeUpload(context.grants, given, { contentType });
  const limitBytes = Math.min(services.maxUploadBytes, maxUploadBytes);
  // The file can be read only once, so the bucket's region has to be right before.
  const address = await context.discoverRegion(given);
  const stored = await streamUpload({
    // Asked for each part: an upload may take longer than a role session lives.
    s3: () => context.freshS3(address.region),
    address,
    body: file.open({ maxBytes: limitBytes }),
    // No more of the budget than the request can bring.
    limitBytes: Math.min(limitBytes, file.mostBytes),
    headers,
    budget: services.uploadBudget,
    abandoned: services.abandonedUploads,
    metrics: services.metrics,
    signal: services.stopping,
  });
  context.loaders.wrote(stored);
  return toS3Object(stored);
}
