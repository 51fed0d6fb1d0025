import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { Entry } from "../folder/entry.ts";
import { useSession } from "../session/session-context.ts";
import { fileActions } from "./file-actions.tsx";
import { useRunAction } from "./run-action.ts";

/** Everything that can be done with one row. */
export function ActionMenu({ entry }: { entry: Entry }) {
  const { viewer } = useSession();
  const run = useRunAction();
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false} shadow="md">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          tabIndex={-1}
          aria-label={`Actions for ${entry.name}`}
          onClick={(event) => event.stopPropagation()}
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown
        onClick={(event) => event.stopPropagation()}
        onKeyDown={(event) => event.stopPropagation()}
      >
        {fileActions([entry], viewer).map(({ id, label, Icon, textColor, disabled }) => (
          <Menu.Item
            key={id}
            c={textColor}
            leftSection={<Icon size={18} aria-hidden />}
            disabled={disabled !== undefined}
            title={disabled}
            onClick={() => run(id, [entry])}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
