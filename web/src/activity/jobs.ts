import { hasCode } from "../errors/explain.ts";
import type { Notices, Success } from "./notices.ts";
import { Store } from "./store.ts";

/** Something that takes a while, such as copying a folder. */
export interface Job {
  readonly id: number;
  readonly title: string;
  /** How far it is, such as `12 of 40 files`. */
  readonly detail: string;
  /** From 0 to 1. Undefined if the end is not known. */
  readonly fraction: number | undefined;
  cancel(): void;
}

export interface JobControl {
  readonly signal: AbortSignal;
  report(detail: string, fraction?: number): void;
}

export interface JobTexts {
  readonly title: string;
  /** Shown if it fails, such as `“photos” could not be copied`. */
  readonly failed: string;
}

export class Jobs extends Store<readonly Job[]> {
  readonly #notices: Notices;
  #lastId = 0;

  constructor(notices: Notices) {
    super([]);
    this.#notices = notices;
  }

  /** @param work returns what to tell the user when it is done */
  async run({ title, failed }: JobTexts, work: (control: JobControl) => Promise<Success>): Promise<boolean> {
    this.#lastId += 1;
    const id = this.#lastId;
    const controller = new AbortController();
    const { signal } = controller;
    this.set([
      ...this.get(),
      { id, title, detail: "", fraction: undefined, cancel: () => controller.abort() },
    ]);
    try {
      this.#notices.success(await work({ signal, report: (...progress) => this.#report(id, ...progress) }));
      return true;
    } catch (thrown) {
      if (signal.aborted || hasCode(thrown, "ABORTED")) this.#notices.success(`${title} was cancelled.`);
      else this.#notices.error(failed, thrown);
      return false;
    } finally {
      this.set(this.get().filter((job) => job.id !== id));
    }
  }

  #report(id: number, detail: string, fraction?: number): void {
    this.set(this.get().map((job) => (job.id === id ? { ...job, detail, fraction } : job)));
  }
}
