import { ActionIcon, Group, Text, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { Entry } from "../folder/entry.ts";
import { formatBytes } from "../format/quantities.ts";
import { useSession } from "../session/session-context.ts";
import { fileActions } from "./file-actions.tsx";
import { useRunAction } from "./run-action.ts";

interface SelectionBarProps {
  readonly selected: readonly Entry[];
  clear(): void;
}

/** Takes the place of the search while rows are selected. */
export function SelectionBar({ selected, clear }: SelectionBarProps) {
  const { viewer } = useSession();
  const run = useRunAction();
  const bytes = selected.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.object.size : 0), 0);
  return (
    <Group
      gap={4}
      role="toolbar"
      aria-label="Actions for the selection"
      className="selection-bar"
      wrap="nowrap"
    >
      <Tooltip label="Clear the selection">
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Clear the selection" onClick={clear}>
          <IconX size={18} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Text size="sm" fw={500} style={{ whiteSpace: "nowrap" }} flex={1}>
        {selected.length} selected
        {bytes > 0 && (
          <Text span inherit c="dimmed" visibleFrom="xs">
            {` · ${formatBytes(bytes)}`}
          </Text>
        )}
      </Text>
      {fileActions(selected, viewer).map(({ id, label, Icon, textColor, disabled }) => (
        <Tooltip key={id} label={disabled ?? label}>
          <ActionIcon
            variant="subtle"
            color="gray"
            c={textColor}
            size="lg"
            aria-label={label}
            disabled={disabled !== undefined}
            onClick={() => run(id, selected)}
          >
            <Icon size={20} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ))}
    </Group>
  );
}
