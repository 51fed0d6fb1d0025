import { Button, Checkbox, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { describeEntries, type Entry } from "../folder/entry.ts";
import { folderOf } from "../format/names.ts";
import { can, placesOf, whyNot } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { FolderPicker } from "./folder-picker.tsx";
import { transfer } from "./transfer.ts";

interface TransferDialogProps {
  readonly kind: "copy" | "move";
  readonly entries: readonly Entry[];
  close(): void;
}

/** Asks where to copy or move files and folders. */
export function TransferDialog({ kind, entries, close }: TransferDialogProps) {
  const { client, viewer } = useSession();
  const { jobs, changes } = useWorkspace();
  const source = entries[0];
  const places = placesOf(viewer);
  const [target, setTarget] = useState({ bucket: source?.bucket ?? "", prefix: folderOf(source?.key ?? "") });
  const [overwrite, setOverwrite] = useState(false);
  const what = describeEntries(entries);
  const problem = problemOf();

  function problemOf(): string | undefined {
    if (!can(viewer, "UPLOAD", target.bucket, target.prefix)) return whyNot("UPLOAD");
    const isInside = entries.some(
      ({ kind: entryKind, bucket, key }) =>
        bucket === target.bucket && entryKind === "folder" && target.prefix.startsWith(key),
    );
    if (isInside) return "A folder cannot be put into itself.";
    if (target.bucket === source?.bucket && target.prefix === folderOf(source.key))
      return "Choose another folder.";
    return undefined;
  }

  async function start() {
    close();
    const [doing, done] = kind === "copy" ? ["Copying", "copied"] : ["Moving", "moved"];
    const texts = { title: `${doing} ${what}`, failed: `${what} could not be ${done} completely` };
    await jobs.run(texts, (control) => transfer(client, { kind, entries, ...target, overwrite }, control));
    changes.notify(target.bucket, target.prefix);
    for (const { bucket, key } of entries) changes.notify(bucket, key);
  }

  const verb = kind === "copy" ? "Copy" : "Move";
  return (
    <Modal opened onClose={close} title={`${verb} ${what}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="sm">
        {places.length > 1 && (
          <Select
            label="Place"
            allowDeselect={false}
            data={places.map(({ bucket, prefix }) => ({
              value: `${bucket}/${prefix}`,
              label: `${bucket}/${prefix}`,
            }))}
            value={
              places
                .map(({ bucket, prefix }) => `${bucket}/${prefix}`)
                .find((id) => `${target.bucket}/${target.prefix}`.startsWith(id)) ?? null
            }
            onChange={(id) => {
              const place = places.find(({ bucket, prefix }) => `${bucket}/${prefix}` === id);
              if (place !== undefined) setTarget(place);
            }}
          />
        )}
        <FolderPicker {...target} choose={(prefix) => setTarget({ ...target, prefix })} />
        <Checkbox
          label="Replace files that exist there already"
          checked={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" role="status">
            {problem}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button disabled={problem !== undefined} onClick={() => void start()}>
              {verb} here
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}
