import { toValetKeyError, type ValetKeyError } from "../core/errors.ts";
import type { Progress, StoredObject, UploadOptions, UploadState, UploadTask, ValetKey } from "../index.ts";

/** One file of `useUpload`, as it is at one moment. */
export interface Upload {
  /** The same for as long as the upload is in the list. */
  readonly id: string;
  readonly file: Blob;
  /** Of the file. Empty for a Blob. */
  readonly name: string;
  /** An upload is queued until its turn comes. */
  readonly state: UploadState;
  readonly progress: Progress;
  /** Why the upload has failed. An upload that was aborted has no error. */
  readonly error: ValetKeyError | undefined;
  readonly object: StoredObject | undefined;
  /** A paused upload lets the next one have its turn. Parts that have arrived stay at S3. */
  pause(): void;
  /** Waits for its turn again. */
  resume(): void;
  /** Stops, and removes from S3 what has arrived. */
  abort(): void;
  /** Starts again after it has failed or was aborted. After a failure, it continues with the parts that have arrived. */
  retry(): void;
}

export interface QueuedUploadOptions {
  readonly id: string;
  readonly client: ValetKey;
  readonly file: Blob;
  readonly options: () => UploadOptions;
  readonly onChange: () => void;
  readonly onProgress: () => void;
}

interface Outcome {
  readonly state: "done" | "failed" | "aborted";
  readonly error?: ValetKeyError;
  readonly object?: StoredObject;
}

/** An upload that waits for its turn. The queue says when it may start or continue. */
export class QueuedUpload {
  readonly id: string;
  readonly #settings: QueuedUploadOptions;
  #options: UploadOptions | undefined;
  #task: UploadTask | undefined;
  #isPaused = false;
  #outcome: Outcome | undefined;
  #snapshot: Upload | undefined;

  constructor(settings: QueuedUploadOptions) {
    this.id = settings.id;
    this.#settings = settings;
    this.#prepare();
  }

  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether it counts towards the limit of uploads that run. */
  get isRunning(): boolean {
    return !this.isSettled && this.#task !== undefined && this.#task.state !== "paused";
  }

  get waitsForTurn(): boolean {
    return !this.isSettled && !this.#isPaused && !this.isRunning;
  }

  snapshot(): Upload {
    const { file } = this.#settings;
    this.#snapshot ??= {
      id: this.id,
      file,
      name: "name" in file ? String(file.name) : "",
      state: this.#state(),
      progress: this.#progress(),
      error: this.#outcome?.error,
      object: this.#outcome?.object,
      pause: this.pause,
      resume: this.resume,
      abort: this.abort,
      retry: this.retry,
    };
    return this.#snapshot;
  }

  /** Starts, or continues after a pause. */
  start(): void {
    if (this.#task !== undefined) {
      this.#task.resume();
      this.#changed();
      return;
    }
    const { client, file } = this.#settings;
    const options = this.#options as UploadOptions;
    const task = client.upload(file, {
      ...options,
      onProgress: (progress) => {
        options.onProgress?.(progress);
        this.#snapshot = undefined;
        this.#settings.onProgress();
      },
    });
    this.#task = task;
    task.addEventListener("statechange", () => this.#changed());
    task.done.then(
      (object) => this.#settle(task, { state: "done", object }),
      (error: ValetKeyError) =>
        this.#settle(task, error.code === "ABORTED" ? { state: "aborted" } : { state: "failed", error }),
    );
    this.#changed();
  }

  readonly pause = (): void => {
    if (this.isSettled || this.#isPaused) return;
    this.#isPaused = true;
    void this.#task?.pause();
    this.#changed();
  };

  readonly resume = (): void => {
    if (this.isSettled || !this.#isPaused) return;
    this.#isPaused = false;
    this.#changed();
  };

  readonly abort = (): void => {
    if (this.isSettled) return;
    if (this.#task === undefined) this.#outcome = { state: "aborted" };
    else void this.#task.abort();
    this.#changed();
  };

  readonly retry = (): void => {
    if (this.#outcome === undefined || this.#outcome.state === "done") return;
    const hasParts = this.#outcome.state === "failed" && this.#task !== undefined;
    this.#task = undefined;
    this.#outcome = undefined;
    this.#isPaused = false;
    if (this.#options === undefined) this.#prepare();
    else if (hasParts) this.#options = { ...this.#options, resume: true };
    this.#changed();
  };

  /** Asks where the file goes. If that fails, so does the upload. */
  #prepare(): void {
    try {
      this.#options = this.#settings.options();
    } catch (thrown) {
      this.#outcome = { state: "failed", error: toValetKeyError(thrown) };
    }
  }

  #state(): UploadState {
    if (this.#outcome !== undefined) return this.#outcome.state;
    if (this.#isPaused) return "paused";
    return this.waitsForTurn || this.#task === undefined ? "queued" : this.#task.state;
  }

  #progress(): Progress {
    const { size } = this.#settings.file;
    return this.#task?.progress ?? { bytes: 0, total: size, bytesPerSecond: 0, secondsLeft: undefined };
  }

  #settle(task: UploadTask, outcome: Outcome): void {
    if (task !== this.#task) return;
    this.#outcome = outcome;
    this.#changed();
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#settings.onChange();
  }
}
