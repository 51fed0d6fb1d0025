import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useStore } from "../activity/store.ts";
import { useWorkspace } from "../activity/workspace.ts";
import { nameOf } from "../format/names.ts";
import { formatBytes } from "../format/quantities.ts";

/** Asks what to do with each file whose name is taken. */
export function ExistingFilesDialog() {
  const { uploads } = useWorkspace();
  const existing = useStore(uploads).filter(({ state }) => state === "exists");
  const [forAll, setForAll] = useState(false);
  const [first] = existing;
  if (first === undefined) return null;

  function decide(apply: (id: number) => void) {
    for (const { id } of forAll ? existing : existing.slice(0, 1)) apply(id);
    setForAll(false);
  }

  return (
    <Modal
      opened
      onClose={() => decide((id) => uploads.cancel(id))}
      title="Replace the file?"
      closeButtonProps={{ "aria-label": "Skip this file" }}
    >
      <Stack>
        <Text>
          A file with the name <b className="file-name">{nameOf(first.key)}</b> exists already in this folder.
          The new one has {formatBytes(first.file.size)}.
        </Text>
        {existing.length > 1 && (
          <Checkbox
            label={`Do this for all ${existing.length} files`}
            checked={forAll}
            onChange={(event) => setForAll(event.currentTarget.checked)}
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => decide((id) => uploads.cancel(id))}>
            Skip
          </Button>
          <Button variant="default" onClick={() => decide((id) => uploads.keepBoth(id))}>
            Keep both
          </Button>
          <Button color="red.9" onClick={() => decide((id) => uploads.replace(id))}>
            Replace
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
