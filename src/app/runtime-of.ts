import type { Runtime } from "./runtime.ts";

/** The runtimes of what `createValetKey` has returned: handlers need more than it shows. */
const runtimes = new WeakMap<object, Runtime>();

export function rememberRuntime(valetKey: object, runtime: Runtime): void {
  runtimes.set(valetKey, runtime);
}

/** @throws {TypeError} for anything that `createValetKey` has not returned */
export function runtimeOf(valetKey: object): Runtime {
  const runtime = runtimes.get(valetKey);
  if (runtime === undefined) throw new TypeError("valetKey must be what `await createValetKey(…)` returned.");
  return runtime;
}
