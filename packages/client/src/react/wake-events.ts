/** Timers stand still while a machine sleeps, and are late in a background tab. These events follow soon after. */
const events = ["focus", "online", "pageshow"] as const;

/** Returns a function that removes the listener. There are no such events in Node. */
export function onWake(listener: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  for (const name of events) window.addEventListener(name, listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    for (const name of events) window.removeEventListener(name, listener);
    document.removeEventListener("visibilitychange", listener);
  };
}
