import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { createValetKey, type Principal } from "valetkey";
import { type Photo, photos, signIn } from "../application.ts";

const valetKey = await createValetKey({
  grants: {
    grants: [{ who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  },
  onObjectStored: (event) => photos.save(event),
});

interface Context {
  readonly principal: Principal;
  readonly valetKey: object;
}

const schema = createSchema<Context>({
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

const yoga = createYoga({
  schema,
  async context({ request }) {
    const principal = signIn(request.headers.get("authorization"));
    return { principal, ...(await valetKey.context({ principal })) };
  },
});

const server = createServer(yoga);
server.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as { port: number }).port}/graphql`);
});

process.once("SIGTERM", () => server.close(() => valetKey.close()));
