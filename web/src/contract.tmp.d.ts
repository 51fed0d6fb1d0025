/**
 * The public face of `@valetkey/client` (packages/client). Fixed: these names, arguments and results. Free: everything
 * else, and more of it (events, options with defaults, overloads). Sizes are bytes.
 */
declare module "@valetkey/client" {
  export interface ValetKeyOptions {
    /** The server's endpoint: `https://files.example.com/graphql`. */
    url: string | URL;
    /** A bearer token, or where to get one. A function is asked again after UNAUTHENTICATED. Default: anonymous. */
    token?: string | (() => string | undefined | Promise<string | undefined>);
    /** Sent with every request to the server, for sessions by cookie. Default: `same-origin`. */
    credentials?: RequestCredentials;
    fetch?: typeof globalThis.fetch;
  }
  export function createValetKey(options: ValetKeyOptions): ValetKey;

  export interface ObjectRef {
    bucket: string;
    key: string;
    region?: string;
    versionId?: string;
  }

  export interface ValetKey {
    /** Begins at once. Never throws: `done` rejects with a ValetKeyError. */
    upload(file: Blob, options: UploadOptions): UploadTask;
    downloadUrl(object: ObjectRef, options?: DownloadOptions): Promise<SignedUrl>;
    /** Item i answers object i. */
    downloadUrls(
      objects: readonly ObjectRef[],
      options?: DownloadOptions,
    ): Promise<(SignedUrl | ValetKeyError)[]>;
    /** Fetches pages as they are needed. */
    list(options: {
      bucket: string;
      prefix?: string;
      region?: string;
      pageSize?: number;
    }): AsyncIterable<ObjectEntry>;
    /** One level: what a file browser shows. */
    folder(options: {
      bucket: string;
      prefix?: string;
      region?: string;
      after?: string;
    }): Promise<FolderPage>;
    /** undefined: there is none. */
    head(object: ObjectRef): Promise<StoredObject | undefined>;
    copy(from: ObjectRef, to: ObjectRef): Promise<StoredObject>;
    /** Copy, then delete; the source stays if the copy fails. */
    move(from: ObjectRef, to: ObjectRef): Promise<StoredObject>;
    /** Objects, or everything below a prefix. Resolves when it is all gone; `failed` says what is not. */
    remove(
      what: ObjectRef | readonly ObjectRef[] | { bucket: string; prefix: string },
    ): Promise<{ removed: number; failed: ValetKeyError[] }>;
    pendingUploads(options: { bucket: string; prefix?: string }): Promise<PendingUpload[]>;
    viewer(): Promise<Viewer>;
  }

  export interface UploadOptions extends ObjectRef {
    /** Default: the file's type. */
    contentType?: string;
    contentDisposition?: string;
    cacheControl?: string;
    metadata?: Record<string, string>;
    tags?: Record<string, string>;
    /** false: refuse to replace an object that is there. Default: true. */
    overwrite?: boolean;
    /** Continue an upload of the same key and size that was left behind. Default: false. */
    resume?: boolean;
    /** What S3 holds the bytes to, part by part and whole, computed off the main thread. Default: CRC64NVME. */
    checksum?: "CRC64NVME" | "CRC32C" | "CRC32" | false;
    signal?: AbortSignal;
    onProgress?: (progress: Progress) => void;
  }
  export interface Progress {
    bytes: number;
    total: number;
    bytesPerSecond: number;
    secondsLeft: number | undefined;
  }
  export interface UploadTask extends EventTarget {
    readonly done: Promise<StoredObject>;
    readonly state: "queued" | "running" | "paused" | "offline" | "done" | "failed" | "aborted";
    readonly progress: Progress;
    /** Resolves when nothing is on its way any more. Parts that arrived stay at S3. */
    pause(): Promise<void>;
    resume(): void;
    /** Resolves when nothing is left at S3. */
    abort(): Promise<void>;
  }
  export class ValetKeyError extends Error {
    /** The server's code (docs/errors.md), or NETWORK, ABORTED, FILE_CHANGED, STORE_REFUSED. */
    readonly code: string;
    readonly retryable: boolean;
    readonly field: string | undefined;
  }
  export interface DownloadOptions {
    expiresIn?: number;
    verify?: boolean;
    disposition?: "INLINE" | "ATTACHMENT";
    filename?: string;
    contentType?: string;
    stableFor?: number;
  }
  export interface SignedUrl {
    url: string;
    expiresAt: Date;
  }
  export interface ObjectEntry {
    bucket: string;
    key: string;
    region: string;
    size: number;
    etag: string;
    lastModified: Date | undefined;
  }
  export interface StoredObject extends ObjectEntry {
    versionId: string | undefined;
    contentType: string | undefined;
  }
  export interface FolderPage {
    folders: string[];
    objects: ObjectEntry[];
    endCursor: string | undefined;
    hasNextPage: boolean;
  }
  export interface PendingUpload {
    id: string;
    bucket: string;
    key: string;
    startedAt: Date;
    abort(): Promise<void>;
  }
  export interface Viewer {
    subject: string | undefined;
    authenticated: boolean;
    grants: { bucket: string; prefix: string; actions: string[] }[];
  }
}
declare module "@valetkey/client/react" {
  import type {
    ObjectEntry,
    ObjectRef,
    Progress,
    StoredObject,
    UploadOptions,
    ValetKey,
    ValetKeyError,
  } from "@valetkey/client";
  import type { ReactNode } from "react";
  export function ValetKeyProvider(props: { client: ValetKey; children: ReactNode }): ReactNode;
  export function useValetKey(): ValetKey;
  export function useUpload(options?: { concurrency?: number }): {
    upload(files: Blob | readonly Blob[], options: (file: Blob) => UploadOptions): void;
    uploads: readonly {
      id: string;
      file: Blob;
      state: string;
      progress: Progress;
      error: ValetKeyError | undefined;
      object: StoredObject | undefined;
      pause(): void;
      resume(): void;
      abort(): void;
    }[];
  };
  /** Refreshed before it expires. */
  export function useDownloadUrl(
    object: ObjectRef | undefined,
    options?: object,
  ): { url: string | undefined; error: ValetKeyError | undefined; loading: boolean };
  export function useObjects(options: { bucket: string; prefix?: string }): {
    objects: readonly ObjectEntry[];
    folders: readonly string[];
    loadMore: (() => void) | undefined;
    refresh(): void;
    error: ValetKeyError | undefined;
    loading: boolean;
  };
}
declare module "@valetkey/client/uppy" {
  /** `new Uppy().use(ValetKey, { client, destination: (file) => ({ bucket, key }) })`: an uploader plugin. */
  const ValetKeyUppy: unknown;
  export default ValetKeyUppy;
}
declare module "@valetkey/client/apollo" {
  /** For `new InMemoryCache({ typePolicies })`. */
  export const typePolicies: object;
  /** A terminating link that sends files as GraphQL multipart requests, with progress and cancel. */
  export function createUploadLink(options: object): unknown;
}
