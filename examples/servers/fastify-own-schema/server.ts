import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import mercurius from "mercurius";
import { createValetKey, type Principal } from "valetkey";
import { valetKeyFastify } from "valetkey/fastify";
import { type Photo, photos, signIn } from "../application.ts";

const app = Fastify({ logger: true });

const valetKey = await createValetKey({
  grants: {
    grants: [{ who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  },
  onObjectStored: (event) => photos.save(event),
  // For /files/graphql. In the schema below, the context says who the caller is.
  authenticate: ({ headers }) => signIn(headers.get("authorization")),
  log: app.log,
});

const schema = makeExecutableSchema<{ principal: Principal }>({
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

await app.register(mercurius, {
  schema,
  async context({ headers }) {
    const principal = signIn(headers.authorization);
    return { principal, ...(await valetKey.context({ principal })) };
  },
});

// The whole API of Valet Key at a path of its own, for uploadFile: Mercurius does not read forms.
await app.register(valetKeyFastify, { valetKey, path: "/files/graphql" });

const origin = await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 4000) });
console.log(`${origin}/graphql`);

process.once("SIGTERM", () => app.close().then(() => valetKey.close()));
