import { Upload } from "graphql-upload-minimal";
import type { ValetKeyError } from "../core/errors.ts";
import type { IncomingFile } from "../core/incoming-file.ts";

/**
 * The promise of one file of a form, for the operation's variables. `upload` is an `Upload` of
 * graphql-upload-minimal, so the scalar of that library accepts it. Resolvers get a promise of an IncomingFile.
 *
 * GraphQL reads all variables before the first resolver runs, so that does not show which file is needed next.
 * `onAwaited` is called when a resolver begins to wait for the file.
 */
export class UploadPromise {
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
    // The library's type of the promise is that of its own parser.
    Object.assign(this.upload, { promise });
  }

  /** Whether a resolver waits for the file or has it. */
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

  /** Has no effect on a settled promise. */
  reject(error: ValetKeyError): void {
    this.#settled = true;
    this.#reject(error);
  }
}

/** A promise that calls `onAwaited` for each `await`, `then` and `Promise.all` that begins to wait for it. */
class AwaitedPromise<T> extends Promise<T> {
  readonly #onAwaited: () => void;

  // Derived promises are plain ones. `await` calls the `then` of a subclass, but not that of a plain promise.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(
    executor: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
    onAwaited: () => void,
  ) {
    super(executor);
    this.#onAwaited = onAwaited;
    // Without this handler, the failure of a file that no resolver waits for would end the process.
    super.then(undefined, () => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: this class is a promise.
  override then<Result1 = T, Result2 = never>(
    onFulfilled?: ((value: T) => Result1 | PromiseLike<Result1>) | null | undefined,
    onRejected?: ((reason: unknown) => Result2 | PromiseLike<Result2>) | null | undefined,
  ): Promise<Result1 | Result2> {
    this.#onAwaited();
    return super.then(onFulfilled, onRejected);
  }
}
