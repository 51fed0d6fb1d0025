import { badInput } from "../core/errors.ts";
import type { Progress, UploadOptions, ValetKey } from "../index.ts";
import { QueuedUpload, type Upload } from "./queued-upload.ts";
import { beforeRepaint } from "./repaint.ts";
import { Store } from "./store.ts";
import { totalProgress } from "./total-progress.ts";

/** All uploads of a queue, as they are at one moment. */
export interface UploadList {
  readonly uploads: readonly Upload[];
  /** Of all uploads together, without those that were aborted. */
  readonly progress: Progress;
}

export const noUploads: UploadList = { uploads: [], progress: totalProgress([]) };

let lastId = 0;

/** Uploads files in turns: at most `concurrency` at once. Lives outside of components, so it outlives them. */
export class UploadQueue {
  readonly #client: ValetKey;
  readonly #list: Store<UploadList> = new Store(noUploads);
  #concurrency: number;
  #uploads: readonly QueuedUpload[] = [];
  #isChangePending = false;
  #isProgressPending = false;
  #users = 0;

  constructor(client: ValetKey, concurrency: number) {
    assertConcurrency(concurrency);
    this.#client = client;
    this.#concurrency = concurrency;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#list.listen(listener);
  readonly getSnapshot = (): UploadList => this.#list.value;

  readonly setConcurrency = (concurrency: number): void => {
    assertConcurrency(concurrency);
    if (concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#changed();
  };

  /** Calls `options` once for each file, at once. */
  readonly upload = <File extends Blob>(
    files: File | Iterable<File>,
    options: (file: File) => UploadOptions,
  ): void => {
    if (typeof files !== "object" || files === null)
      throw badInput("upload takes files, or a list of files.");
    const added = (Symbol.iterator in files ? [...files] : [files]).map(
      (file) =>
        new QueuedUpload({
          id: String(++lastId),
          client: this.#client,
          file,
          options: () => options(file),
          onChange: () => this.#changed(),
          onProgress: () => this.#progressed(),
        }),
    );
    this.#uploads = [...this.#uploads, ...added];
    this.#changed();
  };

  readonly retry = (id: string): void => this.#uploads.find((upload) => upload.id === id)?.retry();

  /** Removes the uploads that are done, have failed or were aborted from the list. */
  readonly clear = (): void => {
    this.#uploads = this.#uploads.filter(({ isSettled }) => !isSettled);
    this.#changed();
  };

  /**
   * Says that a component uses the queue, and returns a function that says that it does so no longer.
   *
   * @param abortsAtEnd aborts the uploads if no component uses the queue any more. A component of StrictMode stops using
   *   it and uses it again at once, so this waits a moment.
   */
  readonly use = (abortsAtEnd: boolean): (() => void) => {
    this.#users++;
    return () => {
      this.#users--;
      if (abortsAtEnd) setTimeout(() => this.#users === 0 && this.#abortAll());
    };
  };

  #abortAll(): void {
    for (const upload of this.#uploads) upload.abort();
  }

  /** Several changes at once are one change for components. */
  #changed(): void {
    if (this.#isChangePending) return;
    this.#isChangePending = true;
    queueMicrotask(() => {
      this.#startNext();
      this.#isChangePending = false;
      this.#publish();
    });
  }

  #progressed(): void {
    if (this.#isProgressPending) return;
    this.#isProgressPending = true;
    beforeRepaint(() => {
      this.#isProgressPending = false;
      this.#publish();
    });
  }

  #startNext(): void {
    let running = this.#uploads.filter(({ isRunning }) => isRunning).length;
    for (const upload of this.#uploads) {
      if (running >= this.#concurrency) return;
      if (!upload.waitsForTurn) continue;
      upload.start();
      running++;
    }
  }

  #publish(): void {
    const uploads = this.#uploads.map((upload) => upload.snapshot());
    this.#list.set({ uploads, progress: totalProgress(uploads) });
  }
}

/** No upload would ever start. */
function assertConcurrency(concurrency: number): void {
  if (!(concurrency >= 1)) throw badInput(`concurrency must be at least 1, but it is ${concurrency}.`);
}

const namedQueues = new WeakMap<ValetKey, Map<string, UploadQueue>>();

/** The queue that all components with this name and client share. */
export function namedQueue(client: ValetKey, name: string, concurrency: number): UploadQueue {
  const queues = namedQueues.get(client) ?? new Map<string, UploadQueue>();
  namedQueues.set(client, queues);
  const queue = queues.get(name) ?? new UploadQueue(client, concurrency);
  queues.set(name, queue);
  return queue;
}
