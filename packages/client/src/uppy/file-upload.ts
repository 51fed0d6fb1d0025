import { type Body, EventManager, type Meta, type Uppy } from "@uppy/core";
import type { TaskQueue } from "@uppy/core/utils";
import { toValetKeyError, ValetKeyError } from "../core/errors.ts";
import type { StoredObject, UploadTask } from "../index.ts";
import type { ValetKeyUppyOptions } from "./options.ts";

export interface FileUploadOptions<M extends Meta, B extends Body>
  extends Pick<ValetKeyUppyOptions<M, B>, "client" | "destination"> {
  readonly id: string;
  /** Whether to continue what S3 already has of this file, unless the destination says otherwise. */
  readonly resume: boolean;
  /** The upload begins when this has resolved. */
  readonly ready: Promise<unknown>;
}

/** One upload of one of Uppy's files. It waits for its turn, and while it is paused another file has it. */
export class FileUpload<M extends Meta, B extends Body> {
  /** Never rejects: whether the file was stored. */
  readonly done: Promise<boolean>;
  readonly #uppy: Uppy<M, B>;
  readonly #queue: TaskQueue;
  readonly #options: FileUploadOptions<M, B>;
  readonly #events: EventManager<M, B>;
  #resolve: (succeeded: boolean) => void = () => {};
  #task: UploadTask | undefined;
  #isPaused: boolean;
  #isQueued = false;
  #hasStarted = false;
  #isRemoved = false;
  #endTurn: () => void = () => {};

  constructor(uppy: Uppy<M, B>, queue: TaskQueue, options: FileUploadOptions<M, B>) {
    this.#uppy = uppy;
    this.#queue = queue;
    this.#options = options;
    this.#events = new EventManager(uppy);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { id } = options;
    this.#isPaused = uppy.getFile(id).isPaused === true;
    this.#events.onFilePause(id, (isPaused) => this.#setPaused(isPaused));
    this.#events.onPauseAll(id, () => this.#setPaused(true));
    this.#events.onResumeAll(id, () => this.#setPaused(false));
    this.#enqueue();
  }

  /** For a file that was removed from Uppy. Nothing is left at S3. */
  abort(): void {
    this.#isRemoved = true;
    if (this.#task === undefined) this.#end(false);
    else void this.#task.abort();
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) {
      void this.#task?.pause();
      this.#endTurn();
    } else this.#enqueue();
  }

  #enqueue(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    void this.#queue.add(() => this.#takeTurn());
  }

  /** Resolves when it has ended or is paused. */
  async #takeTurn(): Promise<void> {
    this.#isQueued = false;
    if (this.#isPaused || this.#isRemoved) return;
    const turn = new Promise<void>((resolve) => {
      this.#endTurn = resolve;
    });
    if (this.#hasStarted) this.#task?.resume();
    else void this.#start();
    await turn;
  }

  async #start(): Promise<void> {
    this.#hasStarted = true;
    try {
      const task = await this.#createTask();
      if (task === undefined) return;
      this.#task = task;
      if (this.#isPaused) void task.pause();
      task.addEventListener("progress", () => this.#showProgress(task));
      const object = await task.done;
      if (!this.#isRemoved) this.#showSuccess(object);
      this.#end(true);
    } catch (thrown) {
      if (!this.#isRemoved) this.#showError(toValetKeyError(thrown));
      this.#end(false);
    }
  }

  /** Undefined: the file was removed in the meantime. */
  async #createTask(): Promise<UploadTask | undefined> {
    const { client, destination, resume, ready, id } = this.#options;
    const file = this.#uppy.getFile(id);
    if (file.isRemote) {
      const message =
        "Files of remote providers cannot be uploaded with ValetKeyUppy. Choose a file of this device.";
      throw new ValetKeyError(message, { code: "BAD_USER_INPUT" });
    }
    await ready;
    const options = await destination(file);
    const data = this.#uppy.getFile(id)?.data;
    if (this.#isRemoved) return undefined;
    if (!(data instanceof Blob)) {
      const message = "The browser no longer has the content of this file. Choose it again.";
      throw new ValetKeyError(message, { code: "FILE_CHANGED" });
    }
    return client.upload(data, { resume, contentType: file.type || undefined, ...options });
  }

  #showProgress({ progress: { bytes, total } }: UploadTask): void {
    const file = this.#uppy.getFile(this.#options.id);
    const uploadStarted = file?.progress.uploadStarted;
    if (uploadStarted === undefined || uploadStarted === null) return;
    this.#uppy.emit("upload-progress", file, { uploadStarted, bytesUploaded: bytes, bytesTotal: total });
  }

  #showSuccess(object: StoredObject): void {
    const file = this.#uppy.getFile(this.#options.id);
    // Uppy has no type for the body of one plugin.
    const body = { ...object } as unknown as B;
    this.#uppy.emit("upload-success", file, { status: 200, body, bytesUploaded: object.size });
  }

  #showError(error: ValetKeyError): void {
    this.#uppy.emit("upload-error", this.#uppy.getFile(this.#options.id), error);
  }

  #end(succeeded: boolean): void {
    this.#events.remove();
    this.#endTurn();
    this.#resolve(succeeded);
  }
}
