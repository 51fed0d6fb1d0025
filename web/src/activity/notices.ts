import { explain } from "../errors/explain.ts";
import { Store } from "./store.ts";

export interface Notice {
  readonly id: number;
  readonly kind: "success" | "error";
  readonly text: string;
}

const successMs = 6_000;
const maxNotices = 4;

/** Short messages about what has happened. Errors stay until they are closed. */
export class Notices extends Store<readonly Notice[]> {
  #lastId = 0;

  constructor() {
    super([]);
  }

  success(text: string): void {
    const id = this.#add("success", text);
    setTimeout(() => this.close(id), successMs);
  }

  /** @param what begins the sentence, such as `“cat.png” could not be deleted` */
  error(what: string, thrown: unknown): void {
    this.#add("error", `${what}. ${explain(thrown)}`);
  }

  close(closed: number): void {
    this.set(this.get().filter(({ id }) => id !== closed));
  }

  #add(kind: Notice["kind"], text: string): number {
    this.#lastId += 1;
    this.set([...this.get(), { id: this.#lastId, kind, text }].slice(-maxNotices));
    return this.#lastId;
  }
}
