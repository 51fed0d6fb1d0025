import { ApolloLink } from "@apollo/client/link";
import { HttpLink } from "@apollo/client/link/http";
import { type TokenOption, TokenSource } from "../core/token.ts";
import { authenticated } from "./authenticated.ts";
import { extractFiles } from "./extract-files.ts";
import { sendUpload, type UploadProgress, type UploadRequest } from "./upload-request.ts";

/** Those of HttpLink, and these. */
export interface UploadLinkOptions extends HttpLink.Options {
  /** The server's endpoint, as for `createValetKey`. HttpLink calls it `uri`. */
  url?: string | URL | undefined;
  /** A bearer token, or where to get one. A function is asked again after UNAUTHENTICATED. Default: anonymous. */
  token?: TokenOption;
  /** Called while files are sent. An operation may have its own: `context: { onProgress }`. */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/**
 * A terminating link. Operations with files in their variables are sent as GraphQL multipart requests, and all others as
 * HttpLink sends them. A request is cancelled when its observable is unsubscribed, or by the signal in
 * `context: { fetchOptions: { signal } }`.
 */
export function createUploadLink({ url, token, onProgress, ...options }: UploadLinkOptions = {}): ApolloLink {
  const { fetch } = options;
  const http = new HttpLink({
    ...options,
    ...(url !== undefined && { uri: String(url) }),
    fetch: (input, init: RequestInit & { upload?: UploadRequest } = {}) => {
      const { upload, ...rest } = init;
      if (upload === undefined) return (fetch ?? globalThis.fetch)(input, rest);
      return sendUpload(String(input), rest, upload, fetch);
    },
  });
  const link = new ApolloLink((operation) => {
    const { variables, files } = extractFiles(operation.variables, operation.query);
    const context = operation.getContext();
    // HttpLink passes it on to `fetch`.
    const upload: UploadRequest | undefined =
      files.length === 0 ? undefined : { files, onProgress: context.onProgress ?? onProgress };
    operation.setContext({ fetchOptions: { ...context.fetchOptions, upload } });
    // A copy: a link that sends the operation again needs its files again.
    const copy = Object.create(operation, { variables: { value: variables, enumerable: true } });
    return http.request(copy, () => {
      throw new TypeError("This link is the last one.");
    });
  });
  return token === undefined ? link : authenticated(link, new TokenSource(token));
}
