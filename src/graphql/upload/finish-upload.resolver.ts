import { Args, ArgsType, Field, ID, InputType, Int, Mutation, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { S3Object } from "../object/s3-object.ts";
import { toS3Object } from "../object/to-s3-object.ts";
import { Cost } from "../types/field-cost.ts";
import { UploadIdArgument } from "../types/fields.ts";
import { confirmUpload } from "./confirm-upload.ts";
import { abortUpload, completeUpload } from "./finish-upload.ts";

@InputType({ description: "A part that was sent to S3, with the ETag that S3 returned for it." })
export class CompletedPartInput {
  @Field(() => Int, { description: "The number of the part, from 1." })
  number!: number;

  @Field(() => String, { description: "The `ETag` header of S3's response, with or without its quotes." })
  etag!: string;
}

@ArgsType()
export class CompleteUploadArguments {
  @UploadIdArgument("`requestUpload`")
  id!: string;

  @Field(() => [CompletedPartInput], {
    nullable: true,
    description:
      "All parts with their ETags, from S3's responses or from `uploadedParts`. They are compared with the parts that S3 has received, and they prove that this upload became the object, so the call may be repeated at any time and on any replica. If omitted, the server asks S3 for the parts. In that case only the server process that completed the upload, and those that share Redis with it, recognize a repeated call; others return `UPLOAD_NOT_FOUND`.",
  })
  parts?: CompletedPartInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The checksum of the whole file in base64, if it was not given to `requestUpload`. Its algorithm is the one of `input.checksum`. If the parts together have another checksum, the error is `CHECKSUM_MISMATCH`, and the upload stays as it is: parts can be sent again.",
  })
  checksum?: string | null;
}

@ArgsType()
class ConfirmUploadArguments {
  @Field(() => ID, { description: "The `receipt` that `requestUpload` or `requestUploads` returned." })
  receipt!: string;
}

@ArgsType()
class AbortUploadArguments {
  @UploadIdArgument("`requestUpload` or `uploads`")
  id!: string;
}

@Resolver()
export class FinishUploadResolver {
  // Without parts, S3 lists 10,000 of them in ten pages.
  @Cost({ s3Calls: 12 })
  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Completes a multipart upload: S3 joins the parts, and the object appears under its key. If that fails, the result is `null`, with an error: `UPLOAD_INCOMPLETE` if parts are missing (the message names them), `OBJECT_EXISTS` if the upload was started with `overwrite: false` and there is an object by now, `CHECKSUM_MISMATCH` if the file does not have the checksum that was given here or to `requestUpload`. If the response was lost, call it again.",
  })
  async completeUpload(
    @Context() context: RequestContext,
    @Args(() => CompleteUploadArguments) { id, parts, checksum }: CompleteUploadArguments,
  ): Promise<S3Object> {
    const given = { parts: parts ?? undefined, checksum: checksum ?? undefined };
    return toS3Object(await completeUpload(context, id, given));
  }

  // If the HEAD fails, two further calls find out why.
  @Cost({ s3Calls: 3 })
  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Confirms that a file has arrived that was sent with one PUT request or with a form. The server asks S3 for the object, compares its size, content type and checksum with what `requestUpload` was given, and returns it. Requires a grant for `UPLOAD`. May be repeated. If it fails, the result is `null`, with an error: `UPLOAD_INCOMPLETE` (retryable) if the file has not arrived, `UPLOAD_MISMATCH` or `CHECKSUM_MISMATCH` if the object is not what was requested (the message names the property), `OBJECT_EXISTS` if `overwrite: false` has kept an older object, `BAD_USER_INPUT` if the receipt has expired or is not from this server. A multipart upload has no receipt; use `completeUpload`.",
  })
  async confirmUpload(
    @Context() context: RequestContext,
    @Args(() => ConfirmUploadArguments) { receipt }: ConfirmUploadArguments,
  ): Promise<S3Object> {
    return toS3Object(await confirmUpload(context, receipt));
  }

  @Cost({ s3Calls: 1 })
  @Mutation(() => ID, {
    description:
      "Ends a multipart upload, deletes its parts from S3, and returns its id. Aborting an upload that has been completed or aborted already succeeds.",
  })
  async abortUpload(
    @Context() context: RequestContext,
    @Args(() => AbortUploadArguments) { id }: AbortUploadArguments,
  ): Promise<string> {
    await abortUpload(context, id);
    return id;
  }
}
