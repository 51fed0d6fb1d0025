import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { GraphQLClient } from "./graphql-client.ts";
import { type Closable, type Started, startTogether } from "./resources.ts";

export interface Photo {
  readonly id: string;
  readonly file: { readonly bucket: string; readonly key: string; readonly region?: string };
}

/** The schema of a subgraph that refers to objects and adds a field to them. */
export const photosSchema = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

  type Query {
    photos: [Photo!]!
    photo(id: ID!): Photo
    viewer: Viewer! @shareable
  }
  type Photo @key(fields: "id") {
    id: ID!
    file: S3Object!
    maybeFile: S3Object
  }
  type S3Object @key(fields: "bucket key") {
    bucket: String!
    key: String!
    photo: Photo
  }
  type Viewer {
    nickname: String
  }
  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
  scalar DateTimeISO
  scalar Upload
`;

export interface Supergraph extends Closable {
  /** Sends requests to the gateway without a token. */
  readonly client: GraphQLClient;
}

/** Starts the subgraph of the photos, and a gateway in front of it and of a Valet Key server. */
export function startSupergraph(valetKeyUrl: string, photos: readonly Photo[]): Promise<Supergraph> {
  return startTogether(async (started) => {
    const typeNamed = (file: Photo["file"]) => ({ __typename: "S3Object", ...file });
    const resolvers = {
      Query: {
        photos: () => photos,
        photo: (_root: unknown, { id }: { id: string }) => photos.find((photo) => photo.id === id),
        viewer: () => ({ nickname: "Al" }),
      },
      Photo: {
        file: ({ file }: Photo) => typeNamed(file),
        maybeFile: ({ file }: Photo) => typeNamed(file),
      },
      S3Object: {
        photo: ({ key }: { key: string }) => photos.find(({ file }) => file.key === key),
      },
    };
    const photosUrl = await serve(
      started,
      new ApolloServer<GatewayContext>({
        plugins: [ApolloServerPluginInlineTraceDisabled()],
        schema: buildSubgraphSchema({ typeDefs: parse(photosSchema), resolvers }),
      }),
    );
    const gateway = new ApolloGateway({
      supergraphSdl: new IntrospectAndCompose({
        subgraphs: [
          { name: "valetkey", url: `${valetKeyUrl}/graphql` },
          { name: "photos", url: photosUrl },
        ],
      }),
      buildService: ({ url = "" }) => new AuthorizedDataSource({ url }),
      logger: quiet,
    });
    const url = await serve(started, new ApolloServer<GatewayContext>({ gateway, logger: quiet }));
    return { client: new GraphQLClient(url.replace(/\/$/, "")) };
  });
}

interface GatewayContext {
  readonly authorization?: string | undefined;
}

/** Passes the caller's token on to the subgraphs. */
class AuthorizedDataSource extends RemoteGraphQLDataSource<GatewayContext> {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource<GatewayContext>["willSendRequest"]>>[0]): void {
    const { authorization } = context as GatewayContext;
    if (authorization !== undefined) request.http?.headers.set("authorization", authorization);
  }
}

async function serve(started: Started, server: ApolloServer<GatewayContext>): Promise<string> {
  const { url } = await startStandaloneServer(server, {
    listen: { host: "127.0.0.1", port: 0 },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  });
  started.defer(() => server.stop());
  return url;
}

const ignore = () => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
