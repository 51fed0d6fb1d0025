import { ChangeEvents } from "../../src/client/change-events.ts";
import {
  type DownloadOptions,
  type FolderPage,
  type ObjectRef,
  type Progress,
  type SignedUrl,
  type StoredObject,
  type UploadOptions,
  type UploadState,
  type UploadTask,
  type ValetKey,
  ValetKeyError,
} from "../../src/index.ts";

/** An upload that goes on when a test says so. */
export class ControlledTask extends EventTarget implements UploadTask {
  readonly options: UploadOptions;
  readonly done: Promise<StoredObject>;
  state: UploadState = "running";
  progress: Progress;
  #resolve: (object: StoredObject) => void = () => {};
  #reject: (error: ValetKeyError) => void = () => {};

  constructor(file: Blob, options: UploadOptions) {
    super();
    this.options = options;
    this.progress = { bytes: 0, total: file.size, bytesPerSecond: 0, secondsLeft: undefined };
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {});
  }

  async pause(): Promise<void> {
    this.#enter("paused");
  }

  resume(): void {
    this.#enter("running");
  }

  async abort(): Promise<void> {
    this.fail("ABORTED");
  }

  send(bytes: number): void {
    this.progress = { ...this.progress, bytes, bytesPerSecond: bytes };
    this.options.onProgress?.(this.progress);
  }

  finish(): void {
    this.#enter("done");
    this.#resolve(storedAt(this.options));
  }

  fail(code: string): void {
    this.#enter(code === "ABORTED" ? "aborted" : "failed");
    this.#reject(new ValetKeyError("It has failed.", { code }));
  }

  #enter(state: UploadState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

export function storedAt({ bucket, key }: ObjectRef): StoredObject {
  const rest = { region: "us-east-1", size: 1, etag: '"e"', lastModified: undefined };
  return { bucket, key, ...rest, versionId: undefined, contentType: undefined };
}

interface Call<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ValetKeyError) => void;
}

export interface UrlsCall extends Call<(SignedUrl | ValetKeyError)[]> {
  readonly objects: readonly ObjectRef[];
  readonly options: DownloadOptions | undefined;
}

export interface FolderCall extends Call<FolderPage> {
  readonly after: string | undefined;
}

/** A client whose requests are recorded, and answered by the test. */
export function createControlledClient() {
  const tasks: ControlledTask[] = [];
  const urlsCalls: UrlsCall[] = [];
  const folderCalls: FolderCall[] = [];
  const changes = new ChangeEvents();
  const client: Partial<ValetKey> = {
    upload(file, options) {
      const task = new ControlledTask(file, options);
      tasks.push(task);
      return task;
    },
    downloadUrls: (objects, options) =>
      new Promise((resolve, reject) => urlsCalls.push({ objects, options, resolve, reject })),
    folder: ({ after }) => new Promise((resolve, reject) => folderCalls.push({ after, resolve, reject })),
    onChange: (listener) => changes.listen(listener),
  };
  const change = (prefix: string) => changes.after(Promise.resolve(), [{ bucket: "demo", prefix }]);
  return { client: client as ValetKey, tasks, urlsCalls, folderCalls, change };
}
