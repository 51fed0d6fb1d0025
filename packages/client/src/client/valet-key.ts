import { toMisuse, type ValetKeyError } from "../core/errors.ts";
import type { ObjectEntry, ObjectRef, StoredObject } from "../core/objects.ts";
import type { TokenOption } from "../core/token.ts";
import { type Credentials, Transport } from "../core/transport.ts";
import type { UploadOptions, UploadTask } from "../upload/types.ts";
import { Upload } from "../upload/upload-task.ts";
import { ChangeEvents, type ObjectChange, type Place } from "./change-events.ts";
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
  const transport = new Transport({ ...options });
  const changes = new ChangeEvents();
  const method =
    <Args extends unknown[], Result>(call: (transport: Transport, ...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      call(transport, ...args).catch((thrown) => {
        throw toMisuse(thrown);
      });
  /** The change is reported at these places. */
  const change =
    <Args extends unknown[], Result>(
      call: (transport: Transport, ...args: Args) => Promise<Result>,
      places: (...args: Args) => readonly Place[],
    ) =>
    (...args: Args): Promise<Result> =>
      changes.after(method(call)(...args), places(...args));
  const credentials = method(requestCredentials);
  return {
    upload(file, uploadOptions) {
      const task = new Upload(transport, file, uploadOptions);
      void changes.after(task.done, [uploadOptions]);
      return task;
    },
    downloadUrl: method(downloadUrl),
    downloadUrls: method(downloadUrls),
    list: (listOptions) => list(transport, listOptions),
    folder: method(folder),
    head: method(head),
    details: method(details),
    versions: (versionsOptions) => versions(transport, versionsOptions),
    copy: change(copy, (_from, to) => [to]),
    move: change(move, (from, to) => [from, to]),
    remove: change(remove, (what) => [what].flat()),
    pendingUploads: method(pendingUploads),
    viewer: method(viewer),
    requestCredentials: credentials,
    credentialProvider: (credentialsOptions) => credentialProvider(() => credentials(credentialsOptions)),
    onChange: (listener) => changes.listen(listener),
  };
}
