import "reflect-metadata";
import type { IncomingMessage } from "node:http";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Context, GraphQLModule, Parent, Query, ResolveField, Resolver } from "@nestjs/graphql";
import { createValetKey, type Principal } from "valetkey";
import { valetKeyApollo } from "valetkey/apollo";
import { type Photo, photos, signIn } from "../application.ts";

const valetKey = await createValetKey({
  grants: {
    grants: [{ who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  },
  onObjectStored: (event) => photos.save(event),
});

@Resolver("Photo")
class PhotoResolver {
  @Query()
  photos(@Context("principal") principal: Principal) {
    return photos.of(principal);
  }

  @ResolveField()
  file(@Parent() { bucket, key }: Photo) {
    return { bucket, key };
  }
}

@Module({
  providers: [PhotoResolver],
  imports: [
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: [
        valetKey.typeDefs,
        `type Photo { id: ID!  file: S3Object! }
         extend type Query { photos: [Photo!]! }`,
      ],
      resolvers: [valetKey.resolvers],
      ...valetKeyApollo({ valetKey }),
      async context({ req }: { req: IncomingMessage }) {
        const principal = signIn(req.headers.authorization);
        return { principal, ...(await valetKey.context({ principal })) };
      },
    }),
  ],
})
class ApplicationModule {}

const app = await NestFactory.create(ApplicationModule);
await app.listen(Number(process.env.PORT ?? 4000), "127.0.0.1");
console.log(`${await app.getUrl()}/graphql`);

process.once("SIGTERM", () => app.close().then(() => valetKey.close()));
