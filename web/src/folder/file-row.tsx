import { Checkbox, Group, Table, Text, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, memo } from "react";
import { ActionMenu } from "../actions/action-menu.tsx";
import { formatBytes, formatDate, formatMoment } from "../format/quantities.ts";
import type { Entry } from "./entry.ts";
import { EntryIcon } from "./entry-icon.tsx";

interface FileRowProps {
  readonly entry: Entry;
  readonly index: number;
  readonly isSelected: boolean;
  /** Whether the keyboard reaches this row with Tab. */
  readonly isCurrent: boolean;
  open(entry: Entry): void;
  onToggle(index: number): void;
  onClick(index: number, event: MouseEvent): void;
  onFocus(index: number): void;
  onKeyDown(event: KeyboardEvent, index: number): void;
}

export const FileRow = memo(function FileRow(props: FileRowProps) {
  const { entry, index, isSelected, isCurrent, open, onToggle, onClick, onFocus, onKeyDown } = props;
  const isFile = entry.kind === "file";
  const details = isFile ? formatBytes(entry.object.size) : "";
  const modified =
    isFile && entry.object.lastModified !== undefined ? formatMoment(entry.object.lastModified) : "";
  return (
    <Table.Tr
      className="file-row"
      role="row"
      aria-selected={isSelected}
      aria-rowindex={index + 2}
      tabIndex={isCurrent ? 0 : -1}
      data-index={index}
      onClick={(event) => onClick(index, event)}
      onFocus={(event) => event.target === event.currentTarget && onFocus(index)}
      onKeyDown={(event) => onKeyDown(event, index)}
    >
      <Table.Td role="gridcell" w={44}>
        <Checkbox
          aria-label={`Select ${entry.name}`}
          tabIndex={-1}
          checked={isSelected}
          onChange={() => onToggle(index)}
          onClick={(event) => event.stopPropagation()}
        />
      </Table.Td>
      <Table.Td role="gridcell">
        <Group gap="sm" wrap="nowrap">
          <EntryIcon entry={entry} />
          <div>
            <UnstyledButton
              className="file-name"
              tabIndex={-1}
              onClick={(event) => {
                if (event.shiftKey || event.ctrlKey || event.metaKey) return;
                event.stopPropagation();
                open(entry);
              }}
            >
              {entry.name || "(no name)"}
            </UnstyledButton>
            {isFile && (
              <Text size="xs" c="dimmed" hiddenFrom="sm">
                {details}
                {entry.object.lastModified !== undefined && ` · ${formatDate(entry.object.lastModified)}`}
              </Text>
            )}
          </div>
        </Group>
      </Table.Td>
      <Table.Td role="gridcell" visibleFrom="sm" ta="end" c="dimmed" className="no-wrap">
        {details}
      </Table.Td>
      <Table.Td role="gridcell" visibleFrom="sm" c="dimmed" className="no-wrap">
        {modified}
      </Table.Td>
      <Table.Td role="gridcell" w={52}>
        <ActionMenu entry={entry} />
      </Table.Td>
    </Table.Tr>
  );
});
