import { ActionIcon, Group, Paper, Stack, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useStore } from "../activity/store.ts";
import { useWorkspace } from "../activity/workspace.ts";
import { count, formatBytes, formatDuration } from "../format/quantities.ts";
import { isFinished, type UploadItem } from "./upload-item.ts";
import { UploadRow } from "./upload-row.tsx";

/** More rows would make the page slow. Uploads that need attention come first. */
const maxRows = 100;
const order = ["failed", "exists", "running", "offline", "paused", "waiting", "cancelled", "done"];

export function UploadPanel() {
  const { uploads } = useWorkspace();
  const items = useStore(uploads);
  const [isOpen, setOpen] = useState(true);
  const active = items.filter((item) => !isFinished(item));
  useLeaveWarning(active.length > 0);
  if (items.length === 0) return null;

  const rows = items.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, maxRows);
  const title = titleOf(items, active);
  return (
    <Paper withBorder shadow="lg" radius="md" p="sm" component="section" aria-label="Uploads">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600} size="sm">
            {title}
          </Text>
          {active.length > 1 && (
            <Text size="xs" c="dimmed">
              {rateOf(active)}
            </Text>
          )}
        </div>
        <Group gap={2} wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-expanded={isOpen}
            aria-label={isOpen ? "Hide the list of uploads" : "Show the list of uploads"}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? <IconChevronDown size={18} aria-hidden /> : <IconChevronUp size={18} aria-hidden />}
          </ActionIcon>
          <Tooltip label={active.length > 0 ? "Remove finished uploads from the list" : "Close"}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Remove finished uploads from the list"
              onClick={() => uploads.removeFinished()}
            >
              <IconX size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      <VisuallyHidden role="status">{active.length === 0 ? title : ""}</VisuallyHidden>
      {isOpen && (
        <Stack component="ul" gap="sm" mt="sm" mb={0} p={0} mah="40vh" className="upload-list">
          {rows.map((item) => (
            <UploadRow key={item.id} item={item} />
          ))}
          {items.length > rows.length && (
            <Text component="li" size="xs" c="dimmed">
              … and {count(items.length - rows.length, "more file")}
            </Text>
          )}
        </Stack>
      )}
    </Paper>
  );
}

function titleOf(items: readonly UploadItem[], active: readonly UploadItem[]): string {
  if (active.length > 0) return `Uploading ${count(active.length, "file")}`;
  const stored = items.filter(({ state }) => state === "done").length;
  const failed = items.filter(({ state }) => state === "failed").length;
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  return `${count(stored, "file")} uploaded${failures}`;
}

function rateOf(active: readonly UploadItem[]): string {
  const sum = (value: (item: UploadItem) => number) => active.reduce((total, item) => total + value(item), 0);
  const rate = sum(({ state, progress }) => (state === "running" ? progress.bytesPerSecond : 0));
  const left = sum(({ progress }) => progress.total - progress.bytes);
  if (rate <= 0) return `${formatBytes(left)} left`;
  return `${formatBytes(left)} left · ${formatBytes(rate)}/s · ${formatDuration(left / rate)}`;
}

/** The browser asks before it leaves the page. */
function useLeaveWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isNeeded]);
}
