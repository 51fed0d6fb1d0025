import type { GraphQLResolveInfo } from "graphql";
import { Args, Info, Mutation, Resolver } from "type-graphql";
import { settleEach } from "../batch.ts";
import { Context, type RequestContext } from "../context.ts";
import { requestedExpiresIn } from "../requested-expires-in.ts";
import { Cost, lengthOf, maxItems } from "../types/field-cost.ts";
import { requestUpload } from "./prepare-upload.ts";
import { RequestUploadArguments, RequestUploadsArguments } from "./request-upload-arguments.ts";
import { asList, callsToStart, partCountOf } from "./upload-cost.ts";
import { UploadRequest } from "./upload-request.ts";

@Resolver()
export class RequestUploadResolver {
  @Cost({
    partCounts: (upload) => [partCountOf(upload)],
    s3Calls: { max: 102, of: (upload) => callsToStart(upload) },
  })
  @Mutation(() => UploadRequest, {
    description:
      "Returns what a client needs to send a file directly to S3. Requires a grant for `UPLOAD`. Everything given here is signed, so S3 refuses a file with another size, content type or checksum. Small files are sent with one PUT request, large files as a multipart upload; see `method`.",
  })
  requestUpload(
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => RequestUploadArguments) options: RequestUploadArguments,
  ): Promise<typeof UploadRequest> {
    const expiresIn = requestedExpiresIn(info, options.expiresIn);
    return requestUpload(context, { ...options, expiresIn });
  }

  @Cost({
    items: lengthOf("uploads"),
    partCounts: ({ uploads }) => asList(uploads).map(partCountOf),
    s3Calls: {
      max: maxItems,
      of: ({ uploads }) => asList(uploads).reduce((calls, upload) => calls + callsToStart(upload), 0),
    },
  })
  @Mutation(() => [UploadRequest], {
    nullable: "items",
    description:
      "Requests up to 1,000 uploads, like `requestUpload`. Item i of the result belongs to upload i. A failed item is `null`, with an error at its path; other items are unaffected.",
  })
  requestUploads(
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => RequestUploadsArguments) { uploads, ...options }: RequestUploadsArguments,
  ): Promise<(typeof UploadRequest | Error)[]> {
    const expiresIn = requestedExpiresIn(info, options.expiresIn);
    return settleEach(
      uploads,
      { argument: "uploads", elsewhere: { expiresIn: "expiresIn" }, turns: context.turns },
      ({ input, size, method }) => requestUpload(context, { input, size, method, expiresIn, resume: false }),
    );
  }
}
