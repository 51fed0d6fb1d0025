import { explain } from "../errors/explain.ts";
import { Store } from "./store.ts";

export interface Notice {
  readonly id: number;
  readonly kind: "success" | "error";
  readonly text: string;
  /** What the user can still do about it. */
  readonly action?: NoticeAction | undefined;
}

export interface NoticeAction {
  readonly label: string;
  run(): void;
}

/** What to tell the user when something is done. */
export type Success = string | { readonly text: string; readonly action?: NoticeAction | undefined };

const successMs = 6_000;
/** There is time to decide. */
const actionMs = 30_000;
const maxNotices = 4;

/** Short messages about what has happened. Errors stay until they are closed. */
export class Notices extends Store<readonly Notice[]> {
  #lastId = 0;

  constructor() {
    super([]);
  }

  success(success: Success): void {
    const { text, action } = typeof success === "string" ? { text: success, action: undefined } : success;
    const id = this.#add({ kind: "success", text, action });
    setTimeout(() => this.close(id), action === undefined ? successMs : actionMs);
  }

  /** @param what begins the sentence, such as `“cat.png” could not be deleted` */
  error(what: string, thrown: unknown): void {
    this.#add({ kind: "error", text: `${what}. ${explain(thrown)}` });
  }

  close(closed: number): void {
    this.set(this.get().filter(({ id }) => id !== closed));
  }

  #add(notice: Omit<Notice, "id">): number {
    this.#lastId += 1;
    this.set([...this.get(), { ...notice, id: this.#lastId }].slice(-maxNotices));
    return this.#lastId;
  }
}
