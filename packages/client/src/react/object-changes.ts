import type { ObjectRef, ValetKey } from "../index.ts";

type Listener = (object: ObjectRef) => void;

const listeners = new WeakMap<ValetKey, Set<Listener>>();

/** Tells the lists of a client that an object was stored. */
export function announceStored(client: ValetKey, object: ObjectRef): void {
  for (const listener of listeners.get(client) ?? []) listener(object);
}

/** Returns a function that removes the listener. */
export function onStored(client: ValetKey, listener: Listener): () => void {
  const those = listeners.get(client) ?? new Set<Listener>();
  listeners.set(client, those);
  those.add(listener);
  return () => those.delete(listener);
}
