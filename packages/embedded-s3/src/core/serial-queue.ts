/** Runs tasks with the same name one after another, and tasks with different names in parallel. */
export class SerialQueue {
  readonly #lastByName = new Map<string, Promise<unknown>>();

  async run<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
    const previous = this.#lastByName.get(name) ?? Promise.resolve();
    const result = previous.then(task, task);
    this.#lastByName.set(name, result);
    try {
      return await result;
    } finally {
      if (this.#lastByName.get(name) === result) this.#lastByName.delete(name);
    }
  }
}
