import type { ValetKeyError } from "../core/errors.ts";
import type { ObjectEntry, ObjectRef, StoredObject } from "../core/objects.ts";
import type { TokenOption } from "../core/token.ts";
import { type Credentials, Transport } from "../core/transport.ts";
import type { UploadOptions, UploadTask } from "../upload/types.ts";
import { Upload } from "../upload/upload-task.ts";
import { ChangeEvents, type ObjectChange } from "./change-events.ts";
import { type CopyOptions, copy, type Folder, move, type Removal, remove } from "./changes.ts";
import {
  type CredentialProvider,
  type CredentialsOptions,
  credentialProvider,
  requestCredentials,
  type TemporaryCredentials,
} from "./credentials.ts";
import { details, type ObjectDetails } from "./details.ts";
import { type DownloadOptions, downloadUrl, downloadUrls, type SignedUrl } from "./downloads.ts";
import { type FolderOptions, type FolderPage, folder, head, type ListOptions, list } from "./listing.ts";
import { type PendingUpload, type PendingUploadsOptions, pendingUploads } from "./pending-uploads.ts";
import { type ObjectVersion, type VersionsOptions, versions } from "./versions.ts";
import { type Viewer, viewer } from "./viewer.ts";

export interface ValetKeyOptions {
  /** The server's endpoint: `https://files.example.com/graphql`. */
  url: string | URL;
  /** A bearer token, or where to get one. A function is asked again after UNAUTHENTICATED. Default: anonymous. */
  token?: TokenOption;
  /** Sent with every request to the server, for sessions by cookie. Default: `same-origin`. */
  credentials?: Credentials | undefined;
  /** Used instead of the global `fetch`; where there is no XMLHttpRequest, also to send bytes to the store. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** A Valet Key server, as one caller sees it. Every failure is a ValetKeyError. */
export interface ValetKey {
  /** Begins at once. Never throws: `done` rejects. */
  upload(file: Blob, options: UploadOptions): UploadTask;
  downloadUrl(object: ObjectRef, options?: DownloadOptions): Promise<SignedUrl>;
  /** Item i belongs to object i. */
  downloadUrls(
    objects: readonly ObjectRef[],
    options?: DownloadOptions,
  ): Promise<(SignedUrl | ValetKeyError)[]>;
  /** Fetches pages as they are needed. */
  list(options: ListOptions): AsyncIterable<ObjectEntry>;
  /** One level: what a file browser shows. */
  folder(options: FolderOptions): Promise<FolderPage>;
  /** Undefined: there is no such object. */
  head(object: ObjectRef): Promise<StoredObject | undefined>;
  /** Like `head`, with metadata and tags, which cost one more request to S3. */
  details(object: ObjectRef): Promise<ObjectDetails | undefined>;
  /**
   * Versions and delete markers of a bucket with versioning, newest first for each key. To restore a version, copy it to
   * its own key without `versionId`. Remove versions only after the last one was returned.
   */
  versions(options: VersionsOptions): AsyncIterable<ObjectVersion>;
  copy(from: ObjectRef, to: ObjectRef, options?: CopyOptions): Promise<StoredObject>;
  /** Copies, then deletes. The source stays if the copy fails. */
  move(from: ObjectRef, to: ObjectRef, options?: CopyOptions): Promise<StoredObject>;
  /** Objects, or everything below a prefix. */
  remove(what: ObjectRef | readonly ObjectRef[] | Folder): Promise<Removal>;
  pendingUploads(options: PendingUploadsOptions): Promise<PendingUpload[]>;
  viewer(): Promise<Viewer>;
  /** For clients that speak S3 themselves. The grants have to allow CREDENTIALS. */
  requestCredentials(options: CredentialsOptions): Promise<TemporaryCredentials>;
  /** `new S3Client({ credentials: client.credentialProvider(options), … })` */
  credentialProvider(options: CredentialsOptions): CredentialProvider;
  /**
   * Calls the listener after each upload, copy, move and removal of this client, for lists that show its objects. Returns a
   * function that removes the listener.
   */
  onChange(listener: (change: ObjectChange) => void): () => void;
}

export function createValetKey(options: ValetKeyOptions): ValetKey {
  const transport = new Transport(options);
  const changes = new ChangeEvents();
  return {
    upload(file, uploadOptions) {
      const task = new Upload(transport, file, uploadOptions);
      // For callers without types, `done` rejects.
      if (uploadOptions) void changes.after(task.done, [uploadOptions]);
      return task;
    },
    downloadUrl: (object, downloadOptions) => downloadUrl(transport, object, downloadOptions),
    downloadUrls: (objects, downloadOptions) => downloadUrls(transport, objects, downloadOptions),
    list: (listOptions) => list(transport, listOptions),
    folder: (folderOptions) => folder(transport, folderOptions),
    head: (object) => head(transport, object),
    details: (object) => details(transport, object),
    versions: (versionsOptions) => versions(transport, versionsOptions),
    copy: (from, to, copyOptions) => changes.after(copy(transport, from, to, copyOptions), [to]),
    move: (from, to, copyOptions) => changes.after(move(transport, from, to, copyOptions), [from, to]),
    remove: (what) => changes.after(remove(transport, what), [what].flat()),
    pendingUploads: (pendingOptions) => pendingUploads(transport, pendingOptions),
    viewer: () => viewer(transport),
    requestCredentials: (credentialsOptions) => requestCredentials(transport, credentialsOptions),
    credentialProvider: (credentialsOptions) => credentialProvider(transport, credentialsOptions),
    onChange: (listener) => changes.listen(listener),
  };
}
