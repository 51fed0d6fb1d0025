import { useMemo, useSyncExternalStore } from "react";
import { type Address, formatAddress, parseAddress } from "./address.ts";

/** The address in the URL's hash. */
export function useAddress(): Address | undefined {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => parseAddress(hash), [hash]);
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

export function goTo(address: Address): void {
  location.hash = formatAddress(address);
}

/** Without an entry in the browser's history. */
export function replaceAddress(address: Address): void {
  location.replace(formatAddress(address));
}
