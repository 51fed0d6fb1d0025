import { ActionIcon, Group, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { FileEntry } from "../folder/entry.ts";
import { folderOf } from "../format/names.ts";
import { replaceAddress } from "../page/use-address.ts";

/** Goes to the file before or after this one, also with the arrow keys. */
export function PreviousNext({ current, files }: { current: string; files: readonly FileEntry[] }) {
  const index = files.findIndex(({ key }) => key === current);
  const show = (file: FileEntry | undefined) => {
    if (index >= 0 && file !== undefined) {
      replaceAddress({ bucket: file.bucket, prefix: folderOf(file.key), file: file.key });
    }
  };
  const previous = files[index - 1];
  const next = files[index + 1];
  useHotkeys(
    [
      ["ArrowLeft", () => show(previous)],
      ["ArrowRight", () => show(next)],
    ],
    // In them, the arrow keys move within the film or the text.
    ["INPUT", "TEXTAREA", "SELECT", "VIDEO", "AUDIO"],
  );
  if (index < 0 || files.length < 2) return null;
  return (
    <Group justify="space-between">
      <ActionIcon
        variant="default"
        aria-label="Previous file"
        disabled={previous === undefined}
        onClick={() => show(previous)}
      >
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <Text size="xs" c="dimmed">
        {index + 1} of {files.length}
      </Text>
      <ActionIcon
        variant="default"
        aria-label="Next file"
        disabled={next === undefined}
        onClick={() => show(next)}
      >
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
