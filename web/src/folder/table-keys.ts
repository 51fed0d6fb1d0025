import type { KeyboardEvent } from "react";
import type { FileActionId } from "../actions/file-actions.tsx";
import type { Entry } from "./entry.ts";
import type { Selection } from "./use-selection.ts";

interface Table {
  readonly entries: readonly Entry[];
  readonly selection: Selection;
  open(entry: Entry): void;
  run(id: FileActionId, entries: readonly Entry[]): void;
}

/** @returns the row to focus, if the key moves to another one */
export function handleTableKey(event: KeyboardEvent, index: number, table: Table): number | undefined {
  // Keys that were pressed in a button or a checkbox of the row.
  if (event.target !== event.currentTarget) return undefined;
  const target = targetOf(event.key, index, table.entries.length);
  if (target !== undefined) {
    event.preventDefault();
    if (event.shiftKey) table.selection.extendTo(target);
    return target;
  }
  if (act(event, index, table)) event.preventDefault();
  return undefined;
}

function targetOf(key: string, index: number, length: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(index + 1, length - 1);
    case "ArrowUp":
      return Math.max(index - 1, 0);
    case "Home":
      return 0;
    case "End":
      return length - 1;
  }
  return undefined;
}

function act({ key, ctrlKey, metaKey }: KeyboardEvent, index: number, table: Table): boolean {
  const { entries, selection, open, run } = table;
  const entry = entries[index];
  if (entry === undefined) return false;
  const chosen = selection.selected.length > 0 ? selection.selected : [entry];
  switch (key) {
    case " ":
      selection.toggle(index);
      return true;
    case "Enter":
      open(entry);
      return true;
    case "Delete":
      run("delete", chosen);
      return true;
    case "F2":
      run("rename", [entry]);
      return true;
    case "Escape":
      selection.clear();
      return true;
    case "a":
      if (!ctrlKey && !metaKey) return false;
      selection.selectAll();
      return true;
  }
  return false;
}
