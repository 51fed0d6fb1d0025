import type { ValetKey, Viewer } from "@valetkey/client";
import { createContext, useContext } from "react";
import type { Identity } from "./identity.ts";
import type { WebConfig } from "./web-config.ts";

export interface Session {
  readonly client: ValetKey;
  readonly viewer: Viewer;
  readonly identity: Identity;
  readonly config: WebConfig;
  /** @param message shown on the page for signing in */
  signOut(message?: string): void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("useSession needs a SessionContext around it.");
  return session;
}
