import { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify from "fastify";

// The ceiling: what Apollo on Fastify does when the answer is known beforehand, to the same query, and
// with an answer of the same size and shape as Valet Key's.
const answer = JSON.parse(process.env.BENCH_ANSWER);

const apollo = new ApolloServer({
  typeDefs: `
    type Query { downloadUrl(bucket: String!, key: String!, verify: Boolean = true): DownloadUrl! }
    type DownloadUrl { url: String! expiresAt: String! }
  `,
  resolvers: { Query: { downloadUrl: () => answer } },
});
await apollo.start();

const server = Fastify();
server.get("/healthz", () => "ok");
server.post("/graphql", fastifyApolloHandler(apollo));
await server.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
