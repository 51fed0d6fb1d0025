import { GraphQLError, GraphQLScalarType } from "graphql";
import { GraphQLUpload, Upload } from "graphql-upload-minimal";

const message =
  "An Upload is a file of a GraphQL multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec), " +
  "whose variable is null in the operation and named in the form's map. Send the request with a client that makes " +
  "multipart requests, such as urql or Apollo Client with apollo-upload-client, or build a FormData. " +
  "graphql-request and other clients that only send JSON turn a File into {}.";

/** graphql-upload-minimal's scalar, with an error that tells a developer what to send instead. */
export const UploadScalar = new GraphQLScalarType({
  ...GraphQLUpload.toConfig(),
  description:
    "A file of a GraphQL multipart request. In the operation its variable is `null`; the form's `map` names the part that holds the file. In code generators, map this scalar to `File` or `Blob`.",
  specifiedByURL: "https://github.com/jaydenseric/graphql-multipart-request-spec",
  parseValue(value) {
    if (value instanceof Upload) return value.promise;
    throw new GraphQLError(message);
  },
  parseLiteral(node) {
    throw new GraphQLError(message, { nodes: node });
  },
});
