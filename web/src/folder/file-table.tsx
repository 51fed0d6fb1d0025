import { Checkbox, Table } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, useRef } from "react";
import type { FileActionId } from "../actions/file-actions.tsx";
import type { Entry } from "./entry.ts";
import { FileRow } from "./file-row.tsx";
import { handleTableKey } from "./table-keys.ts";
import type { Selection } from "./use-selection.ts";

interface FileTableProps {
  readonly entries: readonly Entry[];
  readonly selection: Selection;
  readonly label: string;
  open(entry: Entry): void;
  run(id: FileActionId, entries: readonly Entry[]): void;
}

/** A grid: the arrow keys move between rows, and Tab leaves it. */
export function FileTable({ entries, selection, label, open, run }: FileTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  // Rows are not rendered again only because these functions have changed.
  const latest = useRef({ entries, selection, open, run });
  latest.current = { entries, selection, open, run };
  const handlers = useRef({
    open: (entry: Entry) => latest.current.open(entry),
    onToggle: (index: number) => latest.current.selection.toggle(index),
    onFocus: (index: number) => latest.current.selection.moveTo(index),
    onClick(index: number, event: MouseEvent) {
      const { selection: current } = latest.current;
      if (event.shiftKey) current.extendTo(index);
      else if (event.ctrlKey || event.metaKey) current.toggle(index);
      else current.select(index);
    },
    onKeyDown(event: KeyboardEvent, index: number) {
      const moved = handleTableKey(event, index, latest.current);
      if (moved === undefined) return;
      body.current?.querySelector<HTMLElement>(`[data-index="${moved}"]`)?.focus();
    },
  });

  const isAll = selection.selected.length === entries.length;
  return (
    <Table
      role="grid"
      aria-label={label}
      aria-multiselectable
      aria-rowcount={entries.length + 1}
      verticalSpacing="xs"
      horizontalSpacing="xs"
    >
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={44}>
            <Checkbox
              aria-label="Select everything"
              checked={isAll}
              indeterminate={!isAll && selection.selected.length > 0}
              onChange={() => (isAll ? selection.clear() : selection.selectAll())}
            />
          </Table.Th>
          <Table.Th>Name</Table.Th>
          <Table.Th visibleFrom="sm" ta="end" w={110}>
            Size
          </Table.Th>
          <Table.Th visibleFrom="sm" w={200}>
            Last modified
          </Table.Th>
          <Table.Th w={52} aria-label="Actions" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody ref={body}>
        {entries.map((entry, index) => (
          <FileRow
            key={entry.key}
            entry={entry}
            index={index}
            isSelected={selection.has(entry)}
            isCurrent={index === selection.current}
            {...handlers.current}
          />
        ))}
      </Table.Tbody>
    </Table>
  );
}
