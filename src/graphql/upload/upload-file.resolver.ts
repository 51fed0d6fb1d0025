import { Args, ArgsType, Field, Mutation, Resolver } from "type-graphql";
import { badUserInput } from "../../core/errors.ts";
import { fileArgument, type IncomingFile } from "../../core/incoming-file.ts";
import { Context, type RequestContext } from "../context.ts";
import { S3Object } from "../object/s3-object.ts";
import { toS3Object } from "../object/to-s3-object.ts";
import { Cost, lengthOf } from "../types/field-cost.ts";
import { Upload } from "../types/scalars.ts";
import { UploadInput } from "../types/upload-input.ts";
import { storeFile } from "./store-file.ts";

@ArgsType()
class UploadFileArguments {
  @Field(() => Upload, { description: "The file. It has to be sent as a part of a multipart request." })
  [fileArgument]!: Promise<IncomingFile>;

  @Field(() => UploadInput, {
    description:
      "Where to store the file, and what to store with it. If `contentType` is omitted, the type that the form gives for the file is stored, without parameters such as `charset`.",
  })
  input!: UploadInput;
}

@ArgsType()
class UploadFilesArguments {
  @Field(() => [Upload], {
    description:
      "The files, in the order in which the form sends them. A file that the form sends in another order fails at once.",
  })
  files!: Promise<IncomingFile>[];

  @Field(() => [UploadInput], {
    description:
      "Where to store each file, and what to store with it: input i is for file i. The list must be as long as `files`, otherwise nothing is stored.",
  })
  inputs!: UploadInput[];
}

@Resolver()
export class UploadFileResolver {
  @Cost({ s3Calls: 3 })
  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Uploads a file through the server and returns the stored object. Send it as a [GraphQL multipart request](https://github.com/jaydenseric/graphql-multipart-request-spec). The server streams the file to S3 and stores it completely or not at all. If that fails, the result is `null`, with an error. The server's operator sets the largest size, 5 GiB by default. For larger files, and to keep the bytes off the server, use `requestUpload`.",
  })
  async uploadFile(
    @Context() context: RequestContext,
    @Args(() => UploadFileArguments) { file, input }: UploadFileArguments,
  ): Promise<S3Object> {
    return toS3Object(await storeFile(context, file, input, { file: fileArgument, input: "input" }));
  }

  @Cost({ items: lengthOf("files"), s3Calls: lengthOf("files") })
  @Mutation(() => [S3Object], {
    nullable: "items",
    description:
      "Uploads several files of one form, like `uploadFile`. Item i of the result belongs to file i. A failed item is `null`, with an error at its path; other items are unaffected. The server's operator sets the largest number of files, 10 by default.",
  })
  async uploadFiles(
    @Context() context: RequestContext,
    @Args(() => UploadFilesArguments) { files, inputs }: UploadFilesArguments,
  ): Promise<(S3Object | Error)[]> {
    if (files.length !== inputs.length) {
      throw badUserInput(
        "inputs",
        `files and inputs must have the same length, but there are ${files.length} files and ${inputs.length} inputs.`,
      );
    }
    const results: (S3Object | Error)[] = [];
    for (const [index, file] of files.entries()) {
      const names = { file: `files.${index}`, input: `inputs.${index}` };
      const stored = storeFile(context, file, inputs[index] as UploadInput, names);
      results.push(await stored.then(toS3Object, (error: Error) => error));
    }
    return results;
  }
}
