import { Query, Resolver } from "type-graphql";
import { Context, type RequestContext } from "../context.ts";
import { Viewer } from "./viewer.ts";

@Resolver()
export class ViewerResolver {
  @Query(() => Viewer, {
    description:
      "Returns who the caller is and what the caller may do. Use it to show only the actions that are allowed.",
  })
  viewer(@Context() { principal, grants }: RequestContext): Viewer {
    return {
      subject: principal.authenticated ? principal.subject : null,
      authenticated: principal.authenticated,
      grants: grants.map((grant) => ({
        bucket: grant.bucket,
        prefix: grant.prefix,
        actions: [...grant.actions],
        maxUploadBytes: grant.maxUploadBytes ?? null,
        contentTypes: grant.contentTypes === undefined ? null : [...grant.contentTypes],
      })),
    };
  }
}
