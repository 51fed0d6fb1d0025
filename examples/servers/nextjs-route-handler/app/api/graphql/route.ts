import { createSchema, createYoga } from "graphql-yoga";
import type { NextRequest } from "next/server";
import type { Principal } from "valetkey";
import { type Photo, photos, signIn } from "../../../../application.ts";
import { getValetKey } from "../../../lib/valet-key.ts";

interface Context {
  readonly principal: Principal;
  readonly valetKey: object;
}

async function makeSchema() {
  const valetKey = await getValetKey();
  return createSchema<Context>({
    typeDefs: [
      valetKey.typeDefs,
      `type Photo { id: ID!  file: S3Object! }
       extend type Query { photos: [Photo!]! }`,
    ],
    resolvers: [
      valetKey.resolvers,
      {
        Query: { photos: (_root, _args, { principal }) => photos.of(principal) },
        Photo: { file: ({ bucket, key }: Photo) => ({ bucket, key }) },
      },
    ],
  });
}

let schema: ReturnType<typeof makeSchema> | undefined;

const { handleRequest } = createYoga({
  schema() {
    schema ??= makeSchema();
    return schema;
  },
  graphqlEndpoint: "/api/graphql",
  fetchAPI: { Response },
  async context({ request }) {
    const principal = signIn(request.headers.get("authorization"));
    const valetKey = await getValetKey();
    return { principal, ...(await valetKey.context({ principal })) };
  },
});

export function GET(request: NextRequest) {
  return handleRequest(request, {});
}

export function POST(request: NextRequest) {
  return handleRequest(request, {});
}
