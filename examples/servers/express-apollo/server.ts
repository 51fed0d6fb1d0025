import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import { makeExecutableSchema } from "@graphql-tools/schema";
import express from "express";
import { createValetKey, type Principal } from "valetkey";
import { valetKeyApollo } from "valetkey/apollo";
import { valetKeyExpress } from "valetkey/express";
import { type Photo, photos, signIn } from "../application.ts";

const valetKey = await createValetKey({
  grants: {
    grants: [{ who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  },
  onObjectStored: (event) => photos.save(event),
  // For /files/graphql. In the schema below, the context says who the caller is.
  authenticate: ({ headers }) => signIn(headers.get("authorization")),
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

const apollo = new ApolloServer<{ principal: Principal }>({
  schema,
  ...valetKeyApollo({ valetKey }),
  // Apollo would end the process before Valet Key has ended the uploads that are still running.
  stopOnTerminationSignals: false,
});
await apollo.start();

const app = express();
// The whole API of Valet Key at a path of its own, for uploadFile: Apollo Server does not read forms.
app.use("/files/graphql", valetKeyExpress(valetKey));
app.use(
  "/graphql",
  express.json(),
  expressMiddleware(apollo, {
    async context({ req }) {
      const principal = signIn(req.headers.authorization);
      return { principal, ...(await valetKey.context({ principal })) };
    },
  }),
);

const server = app.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as { port: number }).port}/graphql`);
});

process.once("SIGTERM", () => server.close(() => apollo.stop().then(() => valetKey.close())));
