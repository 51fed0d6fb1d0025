import { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify from "fastify";

// The upper limit: Apollo on Fastify when the response is known beforehand, for the same query and with a response of
// the same size and shape as Valet Key's.
const response = JSON.parse(process.env.BENCH_RESPONSE);

const apollo = new ApolloServer({
  typeDefs: `
    type Query { downloadUrl(bucket: String!, key: String!, verify: Boolean = true): DownloadUrl! }
    type DownloadUrl { url: String! expiresAt: String! }
  `,
  resolvers: { Query: { downloadUrl: () => response } },
});
await apollo.start();

const server = Fastify();
server.get("/healthz", () => "ok");
server.post("/graphql", fastifyApolloHandler(apollo));
await server.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
