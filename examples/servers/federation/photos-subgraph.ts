import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import type { Principal } from "valetkey";
import { type Photo, photos, signIn } from "../application.ts";

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

  type Query { photos: [Photo!]! }
  type Photo { id: ID!  file: S3Object }
  type S3Object @key(fields: "bucket key", resolvable: false) { bucket: String!  key: String! }
`);

const resolvers = {
  Query: {
    photos: (_root: unknown, _args: unknown, { principal }: { principal: Principal }) => photos.of(principal),
  },
  Photo: {
    file: ({ bucket, key }: Photo) => ({ bucket, key }),
  },
};

/** Your own subgraph. It refers to objects by their bucket and key, and does not call Valet Key. */
export async function startPhotosSubgraph(port: number) {
  const apollo = new ApolloServer<{ principal: Principal }>({
    schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(apollo, {
    listen: { host: "127.0.0.1", port },
    context: async ({ req }) => ({ principal: signIn(req.headers.authorization) }),
  });
  return { url, close: () => apollo.stop() };
}
