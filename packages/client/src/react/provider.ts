import { createContext, createElement, type ReactNode, useContext } from "react";
import type { ValetKey } from "../index.ts";

const ClientContext = createContext<ValetKey | undefined>(undefined);

export interface ValetKeyProviderProps {
  /** Create it once, outside of components: uploads, lists and URLs belong to one client. */
  readonly client: ValetKey;
  readonly children?: ReactNode;
}

/** Gives a client to the hooks below it. */
export function ValetKeyProvider({ client, children }: ValetKeyProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest ValetKeyProvider. */
export function useValetKey(): ValetKey {
  const client = useContext(ClientContext);
  if (client === undefined) {
    throw new Error(
      "There is no ValetKeyProvider above this component. Wrap it in <ValetKeyProvider client={…}>.",
    );
  }
  return client;
}
