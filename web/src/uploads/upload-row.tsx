import { ActionIcon, Group, Progress, Text, Tooltip } from "@mantine/core";
import {
  IconCircleCheckFilled,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRefresh,
  IconX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { explain } from "../errors/explain.ts";
import { nameOf } from "../format/names.ts";
import { formatBytes, formatDuration } from "../format/quantities.ts";
import { isFinished, type UploadItem } from "./upload-item.ts";

export function UploadRow({ item }: { item: UploadItem }) {
  const { uploads } = useWorkspace();
  const { id, key, state, progress } = item;
  const name = nameOf(key);
  const percent = progress.total === 0 ? 0 : (progress.bytes / progress.total) * 100;
  return (
    <li>
      <Group gap="xs" wrap="nowrap" justify="space-between">
        <Text size="sm" truncate title={key}>
          {name}
        </Text>
        <Group gap={2} wrap="nowrap">
          {state === "running" && (
            <Control label={`Pause ${name}`} onClick={() => uploads.pause(id)}>
              <IconPlayerPauseFilled size={16} aria-hidden />
            </Control>
          )}
          {state === "paused" && (
            <Control label={`Continue ${name}`} onClick={() => uploads.resume(id)}>
              <IconPlayerPlayFilled size={16} aria-hidden />
            </Control>
          )}
          {(state === "failed" || state === "cancelled") && (
            <Control label={`Try ${name} again`} onClick={() => uploads.retry(id)}>
              <IconRefresh size={16} aria-hidden />
            </Control>
          )}
          {!isFinished(item) && (
            <Control label={`Cancel ${name}`} onClick={() => uploads.cancel(id)}>
              <IconX size={16} aria-hidden />
            </Control>
          )}
          {state === "done" && (
            <IconCircleCheckFilled size={20} aria-hidden color="var(--mantine-color-teal-6)" />
          )}
        </Group>
      </Group>
      {!isFinished(item) && <Progress size="sm" my={4} value={percent} aria-label={`Progress of ${name}`} />}
      <Text size="xs" c={state === "failed" ? "var(--mantine-color-error)" : "dimmed"}>
        {describe(item, percent)}
      </Text>
    </li>
  );
}

function Control({ label, onClick, children }: { label: string; onClick(): void; children: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="md" aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function describe({ state, progress, error }: UploadItem, percent: number): string {
  const sent = `${formatBytes(progress.bytes)} of ${formatBytes(progress.total)}`;
  switch (state) {
    case "waiting":
      return `Waiting · ${formatBytes(progress.total)}`;
    case "exists":
      return "A file with this name exists already.";
    case "paused":
      return `Paused · ${sent}`;
    case "offline":
      return `Waiting for the connection · ${sent}`;
    case "done":
      return `Uploaded · ${formatBytes(progress.total)}`;
    case "cancelled":
      return "Cancelled";
    case "failed":
      return explain(error);
    case "running": {
      const rate = progress.bytesPerSecond > 0 ? ` · ${formatBytes(progress.bytesPerSecond)}/s` : "";
      const left =
        progress.secondsLeft === undefined ? "" : ` · ${formatDuration(progress.secondsLeft)} left`;
      return `${Math.floor(percent)}% of ${formatBytes(progress.total)}${rate}${left}`;
    }
  }
}
