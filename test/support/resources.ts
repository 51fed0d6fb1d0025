import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that runs until it is closed. Closing it again has no effect. */
export interface Closable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Collects what has been started, so that all of it can be cleaned up. */
export interface Started {
  /** Registers a resource and returns it. */
  use<Resource extends AsyncDisposable | Disposable>(
    resource: Resource | Promise<Resource>,
  ): Promise<Resource>;
  /** Registers a function that cleans up. */
  defer(cleanUp: () => unknown): void;
}

/**
 * Starts several things as one resource. `close` cleans them up, the last one first. If `start` throws, what it had
 * started until then is cleaned up before the error is passed on.
 */
export async function startTogether<Parts extends object>(
  start: (started: Started) => Promise<Parts>,
): Promise<Parts & Closable> {
  const cleanUps: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= runAll(cleanUps.reverse());
    return closing;
  };
  try {
    const parts = await start({
      defer: (cleanUp) => cleanUps.push(cleanUp),
      async use(promise) {
        const resource = await promise;
        cleanUps.push(() =>
          Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
        );
        return resource;
      },
    });
    return Object.assign(parts, { close, [Symbol.asyncDispose]: close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs all of them in order, even if some of them fail. */
async function runAll(cleanUps: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const cleanUp of cleanUps) {
    try {
      await cleanUp();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "Cleaning up failed.");
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Creates an empty folder. Disposing of it removes it with everything in it. */
export async function makeTemporaryFolder(name = "test"): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `valetkey-${name}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
