import "reflect-metadata";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchema } from "type-graphql";
import { CredentialsResolver } from "./credentials/credentials.resolver.ts";
import { callResolversDirectly } from "./direct-resolvers.ts";
import { DownloadResolver } from "./download/download.resolver.ts";
import { toSubgraph } from "./federation/subgraph.ts";
import { printSubgraphSdl } from "./federation/subgraph-sdl.ts";
import { treatNullAsDefault } from "./null-defaults.ts";
import { CopyResolver } from "./object/copy.resolver.ts";
import { DeleteResolver } from "./object/delete.resolver.ts";
import { ObjectResolver } from "./object/object.resolver.ts";
import { resolveReferences } from "./object/object-reference.ts";
import { ObjectVersionsResolver } from "./object/object-versions.resolver.ts";
import { ObjectsResolver } from "./object/objects.resolver.ts";
import { S3ObjectResolver } from "./object/s3-object.resolver.ts";
import { FinishUploadResolver } from "./upload/finish-upload.resolver.ts";
import { MultipartUploadResolver } from "./upload/multipart-upload.resolver.ts";
import { PendingUploadsResolver } from "./upload/pending-uploads.resolver.ts";
import { RequestUploadResolver } from "./upload/request-upload.resolver.ts";
import { UploadFileResolver } from "./upload/upload-file.resolver.ts";
import { ViewerResolver } from "./viewer/viewer.resolver.ts";

export interface SchemaOptions {
  /** Whether the schema is a subgraph of Apollo Federation 2. */
  readonly federation?: boolean;
}

/** Builds the schema from the classes of this folder. */
export async function createSchema({ federation = false }: SchemaOptions = {}): Promise<GraphQLSchema> {
  const schema = callResolversDirectly(await buildWithTypeGraphQL());
  treatNullAsDefault(resolveReferences(schema));
  return federation ? toSubgraph(schema) : schema;
}

/** The schema with the resolvers that TypeGraphQL creates. */
export function buildWithTypeGraphQL(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      DownloadResolver,
      RequestUploadResolver,
      MultipartUploadResolver,
      PendingUploadsResolver,
      FinishUploadResolver,
      UploadFileResolver,
      ObjectResolver,
      ObjectsResolver,
      ObjectVersionsResolver,
      S3ObjectResolver,
      CopyResolver,
      DeleteResolver,
      CredentialsResolver,
      ViewerResolver,
    ],
    // Resolvers parse arguments into branded types, so class-validator is not used.
    validate: false,
    // A test checks the schema. To check it at each start would take a seventh of the start's processor time.
    skipCheck: true,
  });
}

export async function printPublicSchema(): Promise<string> {
  return printTypes(await createSchema());
}

/** The schema as text, sorted, so that it does not depend on the order of the classes. */
export function printTypes(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** The schema as gateways get it from `_service { sdl }`. */
export async function printSubgraphSchema(): Promise<string> {
  return printSubgraphSdl(await createSchema());
}
