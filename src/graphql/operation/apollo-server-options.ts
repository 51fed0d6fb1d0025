import type { ApolloServerOptions, ApolloServerPlugin, BaseContext } from "@apollo/server";

/** The options of Apollo Server that limit documents, operations and responses, and that format errors. */
export type ApolloProtection = Required<
  Pick<
    ApolloServerOptions<BaseContext>,
    | "documentStore"
    | "persistedQueries"
    | "parseOptions"
    | "validationOptions"
    | "executionOptions"
    | "includeStacktraceInErrorResponses"
    | "formatError"
  >
> & { readonly plugins: ApolloServerPlugin<BaseContext>[] };
