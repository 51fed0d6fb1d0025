import type { UploadTask, ValetKey, Viewer } from "@valetkey/client";
import { Store } from "../activity/store.ts";
import { hasCode } from "../errors/explain.ts";
import { numberedName } from "../format/names.ts";
import { can } from "../session/permissions.ts";
import { isFinished, type NewUpload, startingProgress, type UploadItem } from "./upload-item.ts";

const maxRunning = 3;
/** Before a larger file is sent, the queue asks whether its key is free. The store refuses smaller ones soon enough. */
const checkFirstBytes = 8 * 2 ** 20;
const progressIntervalMs = 100;

/** The uploads of this page, in the order in which they were added. A few of them run at the same time. */
export class UploadQueue extends Store<readonly UploadItem[]> {
  readonly #client: ValetKey;
  readonly #viewer: Viewer;
  readonly #onStored: (bucket: string, key: string) => void;
  readonly #tasks = new Map<number, UploadTask>();
  readonly #latestProgress = new Map<number, UploadItem["progress"]>();
  #lastId = 0;
  #progressTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: ValetKey, viewer: Viewer, onStored: (bucket: string, key: string) => void) {
    super([]);
    this.#client = client;
    this.#viewer = viewer;
    this.#onStored = onStored;
  }

  add(uploads: readonly NewUpload[]): void {
    const items = uploads.map((upload): UploadItem => {
      this.#lastId += 1;
      const progress = startingProgress(upload.file);
      // An upload that is continued was started with the user's decision.
      const overwrite = upload.resume === true;
      return { ...upload, id: this.#lastId, state: "waiting", progress, overwrite, error: undefined };
    });
    this.set([...this.get(), ...items]);
    this.#startNext();
  }

  pause(id: number): void {
    void this.#tasks.get(id)?.pause();
  }

  resume(id: number): void {
    this.#tasks.get(id)?.resume();
  }

  cancel(id: number): void {
    const task = this.#tasks.get(id);
    if (task === undefined) this.#change(id, { state: "cancelled" });
    else void task.abort();
    this.#startNext();
  }

  /** Parts that arrived before are not sent again. */
  retry(id: number): void {
    this.#restart(id, { resume: true });
  }

  replace(id: number): void {
    this.#restart(id, { overwrite: true });
  }

  /** Stores the file under a new name: `cat (2).png`. */
  keepBoth(id: number): void {
    const item = this.#find(id);
    if (item === undefined) return;
    const number = Number(/ \((\d+)\)(?:\.[^./]*)?$/.exec(item.key)?.[1] ?? 1) + 1;
    this.#restart(id, { key: numberedName(item.key.replace(/ \(\d+\)(?=(\.[^./]*)?$)/, ""), number) });
  }

  /** What has arrived stays at the store, so that the uploads can be continued later. */
  pauseAll(): void {
    this.set(this.get().filter(({ state }) => state !== "waiting"));
    for (const task of this.#tasks.values()) void task.pause();
  }

  removeFinished(): void {
    this.set(this.get().filter((item) => !isFinished(item)));
  }

  #find(id: number): UploadItem | undefined {
    return this.get().find((item) => item.id === id);
  }

  #restart(id: number, changes: Partial<UploadItem>): void {
    this.#change(id, { ...changes, state: "waiting", error: undefined });
    this.#startNext();
  }

  #startNext(): void {
    const running = this.get().filter(({ state }) => state === "running" || state === "offline").length;
    const waiting = this.get().filter(({ state }) => state === "waiting");
    for (const item of waiting.slice(0, Math.max(0, maxRunning - running))) {
      this.#change(item.id, { state: "running", progress: startingProgress(item.file) });
      void this.#run(item).finally(() => this.#startNext());
    }
  }

  async #run(item: UploadItem): Promise<void> {
    const { id, file, bucket, key, overwrite, resume = false } = item;
    try {
      const isTaken = await this.#isTaken(item);
      // It may have been cancelled by now.
      if (this.#find(id)?.state !== "running") return;
      if (isTaken) return this.#change(id, { state: "exists" });
      const onProgress = (progress: UploadItem["progress"]) => this.#showProgress(id, progress);
      const task = this.#client.upload(file, { bucket, key, overwrite, resume, onProgress });
      this.#tasks.set(id, task);
      task.addEventListener("statechange", () => this.#showState(id, task));
      await task.done;
      this.#change(id, { state: "done", progress: { ...startingProgress(file), bytes: file.size } });
      this.#onStored(bucket, key);
    } catch (error) {
      const state = hasCode(error, "ABORTED")
        ? "cancelled"
        : hasCode(error, "OBJECT_EXISTS")
          ? "exists"
          : "failed";
      this.#change(id, { state, error });
    } finally {
      this.#tasks.delete(id);
    }
  }

  async #isTaken({ file, bucket, key, overwrite }: UploadItem): Promise<boolean> {
    if (overwrite || file.size < checkFirstBytes || !can(this.#viewer, "DOWNLOAD", bucket, key)) return false;
    return (await this.#client.head({ bucket, key })) !== undefined;
  }

  #showState(id: number, { state }: UploadTask): void {
    if (state === "running" || state === "paused" || state === "offline") this.#change(id, { state });
    if (state === "paused") this.#startNext();
  }

  /** Many updates a second would only make the page slow. */
  #showProgress(id: number, progress: UploadItem["progress"]): void {
    this.#latestProgress.set(id, progress);
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = undefined;
      const latest = new Map(this.#latestProgress);
      this.#latestProgress.clear();
      this.set(this.get().map((item) => withProgress(item, latest.get(item.id))));
    }, progressIntervalMs);
  }

  #change(id: number, changes: Partial<UploadItem>): void {
    this.set(this.get().map((item) => (item.id === id ? { ...item, ...changes } : item)));
  }
}

function withProgress(item: UploadItem, progress: UploadItem["progress"] | undefined): UploadItem {
  return progress === undefined || isFinished(item) ? item : { ...item, progress };
}
