import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { startFilesSubgraph } from "./files-subgraph.ts";
import { startPhotosSubgraph } from "./photos-subgraph.ts";

interface Context {
  readonly authorization?: string | undefined;
}

/** Passes the caller's token on, because each subgraph decides by itself what the caller may do. */
class AuthorizedDataSource extends RemoteGraphQLDataSource<Context> {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource<Context>["willSendRequest"]>>[0]): void {
    if (context.authorization) request.http?.headers.set("authorization", context.authorization);
  }
}

// Three servers in one process, so that one command starts all of them.
const [files, photos] = await Promise.all([startFilesSubgraph(0), startPhotosSubgraph(0)]);

const gateway = new ApolloGateway({
  supergraphSdl: new IntrospectAndCompose({
    subgraphs: [
      { name: "files", url: files.url },
      { name: "photos", url: photos.url },
    ],
  }),
  buildService: ({ url }) => new AuthorizedDataSource({ url }),
});

const apollo = new ApolloServer<Context>({ gateway, stopOnTerminationSignals: false });
const { url } = await startStandaloneServer(apollo, {
  listen: { host: "127.0.0.1", port: Number(process.env.PORT ?? 4000) },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
});
console.log(url);

process.once("SIGTERM", async () => {
  await apollo.stop();
  await Promise.all([files.close(), photos.close()]);
});
