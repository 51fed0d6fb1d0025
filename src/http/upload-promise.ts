import { Upload } from "graphql-upload-minimal";
import type { ValetKeyError } from "../core/errors.ts";
import type { IncomingFile } from "../core/incoming-file.ts";

/**
 * What stands in an operation's variables for one file of the form. It is graphql-upload-minimal's
 * `Upload`, so its scalar takes it; resolvers get `promise`, a promise of an IncomingFile.
 *
 * GraphQL takes every promise out of the variables before the first resolver runs. Which file is
 * wanted next only shows when somebody waits for one: `onAwaited` is called then.
 */
export class IncomingUpload {
  /** Goes into the variables. */
  readonly upload = new Upload();
  #resolve: (file: IncomingFile) => void = () => {};
  #reject: (error: ValetKeyError) => void = () => {};
  #awaited = false;
  #settled = false;

  constructor(onAwaited: () => void) {
    const promise = new AwaitedPromise<IncomingFile>(
      (resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      },
      () => {
        this.#awaited = true;
        onAwaited();
      },
    );
    // The library types the file as its own parser makes it.
    Object.assign(this.upload, { promise });
  }

  /** Somebody waits for the file or has it. */
  get awaited(): boolean {
    return this.#awaited;
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(file: IncomingFile): void {
    this.#settled = true;
    this.#resolve(file);
  }

  /** No effect once it is settled. */
  reject(error: ValetKeyError): void {
    this.#settled = true;
    this.#reject(error);
  }
}

/** A promise that tells each time somebody begins to wait for it, be it by `await` or `Promise.all`. */
class AwaitedPromise<T> extends Promise<T> {
  readonly #onAwaited: () => void;

  // `await` calls the `then` of a subclass, and takes a shortcut past that of a plain promise.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(
    executor: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
    onAwaited: () => void,
  ) {
    super(executor);
    this.#onAwaited = onAwaited;
    // A file that nobody waits for may fail without ending the process.
    super.then(undefined, () => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  override then<Result1 = T, Result2 = never>(
    onFulfilled?: ((value: T) => Result1 | PromiseLike<Result1>) | null | undefined,
    onRejected?: ((reason: unknown) => Result2 | PromiseLike<Result2>) | null | undefined,
  ): Promise<Result1 | Result2> {
    this.#onAwaited();
    return super.then(onFulfilled, onRejected);
  }
}
