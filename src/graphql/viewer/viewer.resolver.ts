import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../context.ts";
import type { Action } from "../types/enums.ts";
import { Viewer } from "./viewer.ts";

@Resolver()
export class ViewerResolver {
  @Query(() => Viewer, { description: "Who the server takes the caller for, and what the caller may do." })
  viewer(@Ctx() { principal, grants }: RequestContext): Viewer {
    return {
      subject: principal.authenticated ? principal.subject : null,
      authenticated: principal.authenticated,
      grants: grants.map((grant) => ({
        bucket: grant.bucket,
        prefix: grant.prefix,
        actions: [...grant.actions] as Action[],
        maxUploadBytes: grant.maxUploadBytes ?? null,
        contentTypes: grant.contentTypes === undefined ? null : [...grant.contentTypes],
      })),
    };
  }
}
