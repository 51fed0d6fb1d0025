import { BasePlugin, type Body, type Meta, type Uppy } from "@uppy/core";
import { filterFilesToEmitUploadStarted, filterFilesToUpload, TaskQueue } from "@uppy/core/utils";
import { badInput } from "../core/errors.ts";
import { abortLeftUpload } from "./abort-left-upload.ts";
import { FileUpload } from "./file-upload.ts";
import type { ValetKeyUppyOptions } from "./options.ts";

const defaultLimit = 3;

type UppyFileOf<M extends Meta, B extends Body> = ReturnType<Uppy<M, B>["getFile"]>;

/** Uploads Uppy's files through a Valet Key server: `uppy.use(ValetKeyUppy, { client, destination })`. */
export class ValetKeyUppy<M extends Meta, B extends Body> extends BasePlugin<
  ValetKeyUppyOptions<M, B>,
  M,
  B
> {
  readonly #queue: TaskQueue;
  readonly #running: Map<string, FileUpload<M, B>> = new Map();
  /** Files of which an upload failed. What arrived of them is continued. */
  readonly #failed: Set<string> = new Set();
  /** Resolves when nothing is left at S3 of files that were removed. Otherwise it could remove what is sent next. */
  #cleanUp: Promise<unknown> = Promise.resolve();

  constructor(uppy: Uppy<M, B>, options: ValetKeyUppyOptions<M, B>) {
    super(uppy, options);
    this.type = "uploader";
    this.id = this.opts.id ?? "ValetKeyUppy";
    const concurrency = this.opts.limit ?? defaultLimit;
    // With 0 there is no limit, as everywhere in Uppy.
    if (!(concurrency >= 0)) throw badInput(`limit must be a number of files, but it is ${concurrency}.`);
    this.#queue = new TaskQueue({ concurrency });
  }

  override install(): void {
    this.#setCapability(true);
    this.uppy.addUploader(this.#uploadFiles);
    this.uppy.on("file-removed", this.#removeFile);
  }

  override uninstall(): void {
    this.#setCapability(false);
    this.uppy.removeUploader(this.#uploadFiles);
    this.uppy.off("file-removed", this.#removeFile);
  }

  /** Dashboard then shows buttons that pause and continue. */
  #setCapability(resumableUploads: boolean): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads } });
  }

  readonly #uploadFiles = async (ids: string[]): Promise<void> => {
    const files = filterFilesToUpload(this.uppy.getFilesByIds(ids));
    this.uppy.emit("upload-start", filterFilesToEmitUploadStarted(files));
    await Promise.all(files.map((file) => this.#uploadFile(file)));
  };

  async #uploadFile(file: UppyFileOf<M, B>): Promise<void> {
    const { id } = file;
    const { client, destination } = this.opts;
    const upload = new FileUpload(this.uppy, this.#queue, {
      id,
      client,
      destination,
      // It is the same file, so the parts of it that arrived do not have to be sent again.
      resume: this.#failed.delete(id) || file.isRestored === true,
      ready: this.#cleanUp,
    });
    this.#running.set(id, upload);
    const succeeded = await upload.done;
    this.#running.delete(id);
    if (!succeeded && this.uppy.getFile(id) !== undefined) this.#failed.add(id);
  }

  readonly #removeFile = (file: UppyFileOf<M, B>): void => {
    const hasFailed = this.#failed.delete(file.id);
    const running = this.#running.get(file.id);
    if (running !== undefined) running.abort();
    else if (hasFailed || isUnfinished(file))
      this.#cleanUp = Promise.all([this.#cleanUp, abortLeftUpload(this.opts, file)]);
  };
}

/** Whether an upload of this file began before the page was loaded. */
function isUnfinished<M extends Meta, B extends Body>({ isRestored, progress }: UppyFileOf<M, B>): boolean {
  return isRestored === true && progress.uploadStarted !== null && progress.uploadComplete !== true;
}
