import { Button, Group, Notification, Stack } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useStore } from "./store.ts";
import { useWorkspace } from "./workspace.ts";

/** A live region: screen readers read each message when it appears. */
export function NoticeList() {
  const { notices } = useWorkspace();
  const shown = useStore(notices);
  return (
    <Stack className="notices" gap="xs" role="status" aria-live="polite">
      {shown.map(({ id, kind, text, action }) => (
        <Notification
          key={id}
          withBorder
          color={kind === "error" ? "red" : "teal"}
          icon={kind === "error" ? <IconX size={18} aria-hidden /> : <IconCheck size={18} aria-hidden />}
          closeButtonProps={{ "aria-label": "Close the message" }}
          onClose={() => notices.close(id)}
        >
          <Group justify="space-between" gap="xs">
            {text}
            {action !== undefined && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => {
                  notices.close(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
          </Group>
        </Notification>
      ))}
    </Stack>
  );
}
