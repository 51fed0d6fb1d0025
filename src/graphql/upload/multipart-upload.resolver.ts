import type { GraphQLResolveInfo } from "graphql";
import { Args, ArgsType, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import { startOfUpload } from "../../storage/multipart/pending-uploads.ts";
import { maxPartCount } from "../../storage/multipart/upload-plan.ts";
import { Context, type RequestContext } from "../context.ts";
import { requestedExpiresIn } from "../requested-expires-in.ts";
import { boundedPage, Cost, maxItems } from "../types/field-cost.ts";
import { UploadIdArgument } from "../types/fields.ts";
import { DateTimeISO } from "../types/scalars.ts";
import { findUpload, uploadedParts } from "./find-upload.ts";
import { MultipartUpload, UploadedPart, UploadPart } from "./multipart-upload.ts";
import { PartsArguments } from "./parts-arguments.ts";
import { signParts } from "./sign-parts.ts";

@ArgsType()
class UploadArguments {
  @UploadIdArgument("`requestUpload`")
  id!: string;
}

@Resolver(() => MultipartUpload)
export class MultipartUploadResolver {
  // S3 lists 10,000 parts in ten pages.
  @Cost({ s3Calls: 10 })
  @Query(() => MultipartUpload, {
    nullable: true,
    description:
      'Returns a multipart upload in progress, or `null` if it has been completed or aborted. Requires a grant for `UPLOAD`. Use it to ask for more `parts`. The result changes with every part that is sent, so query it without your client\'s cache (Apollo Client: `fetchPolicy: "no-cache"`); otherwise a loop over `parts` gets the same parts again and never ends.',
  })
  async upload(
    @Context() context: RequestContext,
    @Args(() => UploadArguments) { id }: UploadArguments,
  ): Promise<MultipartUpload | null> {
    return (await findUpload(context, id)) ?? null;
  }

  @Cost({ sharedS3Call: "start of the upload" })
  @FieldResolver(() => DateTimeISO, { nullable: true, description: "When the upload was started." })
  async startedAt(
    @Root() { upload }: MultipartUpload,
    @Context() context: RequestContext,
  ): Promise<Date | null> {
    if (upload.startedAt !== undefined) return upload.startedAt;
    const start = await context.callS3(upload, (s3, there) => startOfUpload(s3, there), "pending-uploads");
    return start ?? null;
  }

  @Cost({
    items: {
      max: maxItems,
      of: ({ numbers, first }, parts) =>
        Math.min(parts, Array.isArray(numbers) ? numbers.length : boundedPage(first)),
    },
  })
  @FieldResolver(() => [UploadPart], {
    description:
      "Presigned URLs of parts, in ascending order: either the parts of the given `numbers`, or the `first` parts after `after` that S3 has not received yet.",
  })
  async parts(
    @Root() root: MultipartUpload,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PartsArguments) options: PartsArguments,
  ): Promise<UploadPart[]> {
    try {
      const expiresIn = requestedExpiresIn(info, options.expiresIn);
      return await signParts(context, root, { ...options, expiresIn });
    } catch (error) {
      // The error makes the whole result of requestUpload null. No client would know the id of the new upload.
      if (root.origin?.isNew) {
        const { upload } = root;
        await context.services.abandonedUploads.abort(upload, () => context.freshS3(upload));
      }
      throw error;
    }
  }

  @Cost({ items: { max: maxPartCount, of: (_args, parts) => parts } })
  @FieldResolver(() => [UploadedPart], {
    description:
      "The parts that S3 has received, in ascending order. A part of the wrong size is left out, because it has to be sent again.",
  })
  uploadedParts(@Root() root: MultipartUpload, @Context() context: RequestContext): Promise<UploadedPart[]> {
    return uploadedParts(context, root);
  }
}
