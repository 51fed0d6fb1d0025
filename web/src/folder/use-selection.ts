import { useMemo, useState } from "react";
import type { Entry } from "./entry.ts";

export interface Selection {
  readonly selected: readonly Entry[];
  has(entry: Entry): boolean;
  /** The row that the keyboard is at. */
  readonly current: number;
  moveTo(index: number): void;
  /** Selects only this row. */
  select(index: number): void;
  toggle(index: number): void;
  /** Selects everything from where the selection began. */
  extendTo(index: number): void;
  selectAll(): void;
  clear(): void;
}

interface State {
  readonly keys: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: number;
  readonly current: number;
}

const initial: State = { keys: new Set(), anchor: 0, current: 0 };

export function useSelection(entries: readonly Entry[]): Selection {
  const [{ keys, anchor, current }, setState] = useState(initial);
  const selected = useMemo(() => entries.filter(({ key }) => keys.has(key)), [entries, keys]);
  const last = Math.max(0, entries.length - 1);
  const clamp = (index: number) => Math.min(Math.max(index, 0), last);
  const keyAt = (index: number) => entries[clamp(index)]?.key ?? "";

  return {
    selected,
    has: ({ key }) => keys.has(key),
    current: clamp(current),
    // The focus also moves while a range is extended, which keeps its beginning.
    moveTo: (index) =>
      setState((state) => ({
        ...state,
        anchor: state.current === index ? state.anchor : index,
        current: index,
      })),
    select: (index) => setState({ keys: new Set([keyAt(index)]), anchor: index, current: index }),
    toggle(index) {
      const toggled = new Set(keys);
      if (!toggled.delete(keyAt(index))) toggled.add(keyAt(index));
      setState({ keys: toggled, anchor: index, current: index });
    },
    extendTo(index) {
      const to = clamp(index);
      const range = entries.slice(Math.min(anchor, to), Math.max(anchor, to) + 1);
      setState({ keys: new Set(range.map(({ key }) => key)), anchor, current: to });
    },
    selectAll: () => setState({ keys: new Set(entries.map(({ key }) => key)), anchor: 0, current }),
    clear: () => setState({ keys: new Set(), anchor: current, current }),
  };
}
