import "reflect-metadata";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchema } from "type-graphql";
import { DeleteResolver } from "./delete.resolver.ts";
import { DownloadResolver } from "./download.resolver.ts";
import { MultipartUploadResolver } from "./multipart-upload.resolver.ts";
import { ObjectsResolver } from "./objects.resolver.ts";
import { S3ObjectResolver } from "./s3-object.resolver.ts";
import { UploadResolver } from "./upload.resolver.ts";
import { UploadFileResolver } from "./upload-file.resolver.ts";
import { ViewerResolver } from "./viewer.resolver.ts";

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
