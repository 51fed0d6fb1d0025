import { createContext, useContext } from "react";
import type { Entry } from "../folder/entry.ts";
import type { FileActionId } from "./file-actions.tsx";

export type RunAction = (id: FileActionId, entries: readonly Entry[]) => void;

export const RunActionContext = createContext<RunAction>(() => {});

/** Returns a function that carries out an action, or opens its dialog. */
export function useRunAction(): RunAction {
  return useContext(RunActionContext);
}
