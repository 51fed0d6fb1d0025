import { useEffect, useState, useSyncExternalStore } from "react";
import type { UploadOptions } from "../index.ts";
import { useValetKey } from "./provider.ts";
import { namedQueue, noUploads, type UploadList, UploadQueue } from "./upload-queue.ts";

export interface UseUploadOptions {
  /** How many files are uploaded at once. The others are queued. Default: 3. */
  readonly concurrency?: number;
  /**
   * Components that use the same name share their uploads, and a component that is mounted again finds those that it has
   * started. Default: every component has its own.
   */
  readonly name?: string;
  /**
   * Whether the uploads are aborted when the component is unmounted. Default: false, so a user who goes to another page
   * of the application loses no upload.
   */
  readonly abortOnUnmount?: boolean;
}

export interface UseUploadResult extends UploadList {
  /**
   * Adds files, or the FileList of an input, to the list and starts them in turns.
   *
   * @param options says where a file goes, and is called once for each file. If it throws, only that file fails.
   */
  readonly upload: <File extends Blob>(
    files: File | Iterable<File>,
    options: (file: File) => UploadOptions,
  ) => void;
  /** Removes the uploads that are done, have failed or were aborted from the list. */
  readonly clear: () => void;
  /** Starts an upload again that has failed or was aborted. */
  readonly retry: (id: string) => void;
}

/** Uploads files, and renders the component again when their state or progress changes. */
export function useUpload(options: UseUploadOptions = {}): UseUploadResult {
  const { concurrency = 3, abortOnUnmount = false } = options;
  const queue = useQueue(options.name, concurrency);
  useEffect(() => queue.setConcurrency(concurrency), [queue, concurrency]);
  useEffect(() => queue.use(abortOnUnmount), [queue, abortOnUnmount]);
  const list = useSyncExternalStore(queue.subscribe, queue.getSnapshot, () => noUploads);
  const { upload, clear, retry } = queue;
  return { ...list, upload, clear, retry };
}

/** A new queue for a new client or another name, and the same one otherwise. */
function useQueue(name: string | undefined, concurrency: number): UploadQueue {
  const client = useValetKey();
  const create = () => ({
    client,
    name,
    queue: name === undefined ? new UploadQueue(client, concurrency) : namedQueue(client, name, concurrency),
  });
  const [current, setCurrent] = useState(create);
  if (current.client === client && current.name === name) return current.queue;
  const next = create();
  setCurrent(next);
  return next.queue;
}
