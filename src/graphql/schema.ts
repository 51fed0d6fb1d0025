import "reflect-metadata";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchema } from "type-graphql";
import { DownloadResolver } from "./download/download.resolver.ts";
import { DeleteResolver } from "./object/delete.resolver.ts";
import { ObjectsResolver } from "./object/objects.resolver.ts";
import { S3ObjectResolver } from "./object/s3-object.resolver.ts";
import { MultipartUploadResolver } from "./upload/multipart-upload.resolver.ts";
import { UploadResolver } from "./upload/upload.resolver.ts";
import { UploadFileResolver } from "./upload/upload-file.resolver.ts";
import { ViewerResolver } from "./viewer/viewer.resolver.ts";

/** The schema that the classes of this folder describe. */
export function createSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      DownloadResolver,
      UploadResolver,
      UploadFileResolver,
      MultipartUploadResolver,
      ObjectsResolver,
      S3ObjectResolver,
      DeleteResolver,
      ViewerResolver,
    ],
    // Arguments are parsed into branded values where they are used, not by class-validator.
    validate: false,
  });
}

/** The schema as text, in an order that does not depend on the order of the classes. */
export async function printPublicSchema(): Promise<string> {
  return `${printSchema(lexicographicSortSchema(await createSchema()))}\n`;
}
