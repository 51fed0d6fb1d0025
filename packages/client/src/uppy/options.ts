import type { Body, Meta, PluginOpts, UppyFile } from "@uppy/core";
import type { StoredObject, UploadOptions, ValetKey } from "../index.ts";

/** Where a file is stored, and how. Uppy itself shows the progress and cancels the upload. */
export type FileDestination = Omit<UploadOptions, "signal" | "onProgress">;

/** `response.body` of a file that has been uploaded. */
export type StoredFile = { [Name in keyof StoredObject]: StoredObject[Name] };

export interface ValetKeyUppyOptions<M extends Meta, B extends Body> extends PluginOpts {
  client: Pick<ValetKey, "upload" | "pendingUploads">;
  /**
   * Called each time the upload of a file begins, so also for a retry and after a reload. It has to return the same key
   * for the same file then, otherwise the file is sent from the start.
   */
  destination: (file: UppyFile<M, B>) => FileDestination | Promise<FileDestination>;
  /** How many files are uploaded at once. Parts of a large file are sent in parallel in any case. Default: 3. */
  limit?: number;
}
