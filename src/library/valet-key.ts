import type { Readable } from "node:stream";
import type { GraphQLSchema } from "graphql";
import type { Resolvers } from "../graphql/operation/resolvers-of.ts";
import type {
  DownloadUrl,
  DownloadUrlOptions,
  ListOptions,
  MultipartUpload,
  ObjectPage,
  ObjectRef,
  PostUpload,
  Principal,
  PutUpload,
  StoredObject,
  UploadCompletion,
  UploadInput,
  UploadOptions,
} from "./types.ts";

export type { Resolvers } from "../graphql/operation/resolvers-of.ts";

/**
 * The API for one caller and one request. Its calls share one lazily assumed role session, the results of requests to S3
 * and the limit of 32 concurrent ones, and are allowed what the caller's grants allow.
 *
 * All methods reject with a `ValetKeyError`, whose `code` docs/errors.md describes. In the result of a batch, an error
 * takes the place of the item that failed.
 */
export interface ValetKeySession {
  /** Signs a URL for the download of one object. */
  downloadUrl(object: ObjectRef, options?: DownloadUrlOptions): Promise<DownloadUrl>;
  /** Item i of the result belongs to object i. At most 1,000. */
  downloadUrls(objects: readonly ObjectRef[], options?: DownloadUrlOptions): Promise<(DownloadUrl | Error)[]>;
  /** What a client needs to send a file directly to S3. */
  requestUpload(
    input: UploadInput,
    options: UploadOptions,
  ): Promise<PutUpload | PostUpload | MultipartUpload>;
  /** A multipart upload in progress by its id, for more parts in a later request. Undefined when it has ended. */
  findUpload(id: string): Promise<MultipartUpload | undefined>;
  /** @param id of a multipart upload whose parts have all been sent */
  completeUpload(id: string, completion?: UploadCompletion): Promise<StoredObject>;
  /**
   * Checks that a file has arrived that was sent with one PUT request or with a form, and calls `onObjectStored`.
   * @param receipt of `requestUpload`
   */
  confirmUpload(receipt: string): Promise<StoredObject>;
  /** Ends a multipart upload and deletes its parts. An upload that has already ended is no error. */
  abortUpload(id: string): Promise<void>;
  /** Stores a stream in bounded memory, completely or not at all. */
  uploadStream(body: Readable | AsyncIterable<Uint8Array>, input: UploadInput): Promise<StoredObject>;
  /** Undefined if there is no such object. A missing bucket is an error. */
  head(object: ObjectRef): Promise<StoredObject | undefined>;
  /** One page of a bucket's objects. Needs a grant for `LIST`. */
  list(options: ListOptions): Promise<ObjectPage>;
  /** Copies inside S3. Fields that `to` omits keep the values of the original. */
  copy(from: ObjectRef, to: UploadInput): Promise<StoredObject>;
  /** Item i of the result belongs to object i. At most 1,000. Removing an object that does not exist succeeds. */
  remove(objects: readonly ObjectRef[]): Promise<(ObjectRef | Error)[]>;
}

/** What a pino logger has, as far as it is used here. Fastify's `app.log` is one. */
export interface Log {
  /** Logs at level debug. */
  debug(...parameters: never[]): void;
  /** Logs at level info. */
  info(...parameters: never[]): void;
  /** Logs at level warn. */
  warn(...parameters: never[]): void;
  /** Logs at level error. */
  error(...parameters: never[]): void;
  /** A logger whose lines have these bindings, too. */
  child(bindings: object, options?: object): Log;
  /** Default: all levels are enabled. */
  isLevelEnabled?(level: string): boolean;
}

/** What is known of the request that the work is for. */
export interface RequestOptions {
  /** When it is aborted, because the client has gone for example, no further requests to S3 are begun. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What `createValetKey` returns. */
export interface ValetKey {
  /** The API for one caller and one request. */
  for(principal: Principal, options?: RequestOptions): ValetKeySession;
  /** The API for jobs of the server itself, with the grants that the access file gives to `who: service`. */
  asService(): ValetKeySession;
  /** An executable schema. Its resolvers need what `context` returns. */
  readonly schema: GraphQLSchema;
  /** The same schema as text, to be merged with types of your own. */
  readonly typeDefs: string;
  /** What resolves the types of `typeDefs`. */
  readonly resolvers: Resolvers;
  /**
   * The context that the resolvers need, for one request: an object with the property `valetKey`, to be spread into your
   * own context. Rejects when `authorize` does.
   */
  context(caller: { readonly principal: Principal } & RequestOptions): Promise<{ readonly valetKey: object }>;
  /** Ends everything: uploads that are still running, connections, and the embedded store. */
  close(): Promise<void>;
}
