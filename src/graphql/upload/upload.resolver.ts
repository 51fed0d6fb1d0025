import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, Info, Int, Mutation, Resolver } from "type-graphql";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";
import { settleEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";
import { UploadMethod } from "../types/enums.ts";
import { RequestUploadInput, UploadInput } from "../types/inputs.ts";
import { SafeInt } from "../types/scalars.ts";
import { writtenExpiresIn } from "../written-expires-in.ts";
import { requestUpload } from "./request-upload.ts";
import { UploadRequest } from "./upload-request.ts";

const expiresInDescription =
  "Seconds until the upload has to start; of a multipart upload, each part is signed anew. Left out or null: 2,400, or fewer where no more are allowed; `expiresAt` says it. A number has to be allowed: the error for more names the most.";

@Resolver()
export class UploadResolver {
  @Mutation(() => UploadRequest, {
    description:
      "Everything that it takes to send a file straight to S3. What is given here is signed, so S3 refuses another size, type or checksum.",
  })
  requestUpload(
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg("input", () => UploadInput, { description: "Where the file goes, and what is kept with it." })
    input: UploadInput,
    @Arg("size", () => SafeInt, { description: "The file's exact size in bytes." }) size: number,
    @Arg("expiresIn", () => Int, {
      nullable: true,
      defaultValue: defaultExpiresInSeconds,
      description: expiresInDescription,
    })
    expiresIn: number | null,
    @Arg("method", () => UploadMethod, {
      nullable: true,
      defaultValue: UploadMethod.AUTO,
      description: "How the bytes will travel.",
    })
    method: UploadMethod | null,
    @Arg("resume", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description:
        "Goes on with the caller's newest multipart upload in progress of the same key whose parts fit this size, if there is one among the newest 100: its uploadedParts are then not empty, and content type, metadata and tags stay as they were begun. For the methods AUTO and MULTIPART.",
    })
    resume: boolean | null,
  ): Promise<typeof UploadRequest> {
    const asked = writtenExpiresIn(info, expiresIn);
    return requestUpload(context, { input, size, method, expiresIn: asked, resume: resume ?? false });
  }

  @Mutation(() => [UploadRequest], {
    nullable: "items",
    description:
      "Up to 1,000 uploads at once: item i answers upload i. An item that fails is null, with an error whose path names it, and harms no other.",
  })
  requestUploads(
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg("uploads", () => [RequestUploadInput], { description: "The uploads, up to 1,000." })
    uploads: RequestUploadInput[],
    @Arg("expiresIn", () => Int, {
      nullable: true,
      defaultValue: defaultExpiresInSeconds,
      description: expiresInDescription,
    })
    expiresIn: number | null,
  ): Promise<(typeof UploadRequest | Error)[]> {
    const asked = writtenExpiresIn(info, expiresIn);
    return settleEach(
      uploads,
      "uploads",
      ({ input, size, method }) =>
        requestUpload(context, { input, size, method, expiresIn: asked, resume: false }),
      { expiresIn: "expiresIn" },
    );
  }
}
