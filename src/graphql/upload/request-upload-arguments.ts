import { ArgsType, Field, InputType, Int } from "type-graphql";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";
import { UploadMethod } from "../types/enums.ts";
import { SafeInt } from "../types/scalars.ts";
import { UploadInput } from "../types/upload-input.ts";

const InputField = () =>
  Field(() => UploadInput, { description: "Where to store the file, and what to store with it." });

const exactSize =
  "The exact size of the file in bytes. It is signed, so S3 refuses a file of another size. If the caller's grants do not allow it, the error is `UPLOAD_TOO_LARGE`.";

const MethodField = () =>
  Field(() => UploadMethod, {
    nullable: true,
    defaultValue: UploadMethod.AUTO,
    description: "How the client wants to send the file.",
  });

const ExpiresInField = () =>
  Field(() => Int, {
    nullable: true,
    defaultValue: defaultExpiresInSeconds,
    description:
      "Within how many seconds the client has to start the upload, or each part of a multipart upload. If omitted or `null`, it has 2,400 seconds (40 minutes), or fewer if the caller's grants or the server's role session allow fewer; see `expiresAt`. If you ask for more than is allowed, the error (`BAD_USER_INPUT`) states the maximum.",
  });

@ArgsType()
export class RequestUploadArguments {
  @InputField()
  input!: UploadInput;

  @Field(() => SafeInt, {
    nullable: true,
    description: `${exactSize} May be omitted only if \`maxSize\` is given.`,
  })
  size?: number | null;

  @Field(() => SafeInt, {
    nullable: true,
    description:
      "The largest size in bytes, up to 5 GiB, for a file whose size is not known. The result is a form (`PostUpload`), and S3 refuses files of more bytes. Works with the methods `AUTO` and `POST`, and not together with `size`. If the caller's grants do not allow files of this size, the error is `UPLOAD_TOO_LARGE`.",
  })
  maxSize?: number | null;

  @ExpiresInField()
  expiresIn!: number;

  @MethodField()
  method!: UploadMethod;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      "Whether to continue an upload that was interrupted. With `true`, a multipart upload of this caller to the same key is returned if its parts fit the size, or if this server started it with the same size, content type, metadata and tags. An upload that this server did not start itself keeps the content type, metadata and tags that it was started with. The newest 100 uploads to the key are considered. Its `uploadedParts` do not have to be sent again. Otherwise a new upload is started. Works with the methods `AUTO` and `MULTIPART`.",
  })
  resume!: boolean;
}

@InputType({ description: "One upload of `requestUploads`." })
export class RequestUploadInput {
  @InputField()
  input!: UploadInput;

  @Field(() => SafeInt, { description: exactSize })
  size!: number;

  @MethodField()
  method!: UploadMethod;
}

@ArgsType()
export class RequestUploadsArguments {
  @Field(() => [RequestUploadInput], { description: "The uploads, at most 1,000." })
  uploads!: RequestUploadInput[];

  @ExpiresInField()
  expiresIn!: number;
}
