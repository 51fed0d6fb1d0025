import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ObjectRef } from "@valetkey/client";
import { useEffect, useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { describeEntries, type Entry } from "../folder/entry.ts";
import { count } from "../format/quantities.ts";
import { useSession } from "../session/session-context.ts";
import { countFiles } from "./files-below.ts";
import { remove, restore } from "./remove.ts";

const maxCounted = 5_000;

export function DeleteDialog({ entries, close }: { entries: readonly Entry[]; close(): void }) {
  const { client } = useSession();
  const { jobs, changes } = useWorkspace();
  const hasFolder = entries.some(({ kind }) => kind === "folder");
  const number = useFileCount(entries, hasFolder);
  const what = describeEntries(entries);

  async function confirm() {
    close();
    const texts = { title: `Deleting ${what}`, failed: `${what} could not be deleted completely` };
    await jobs.run(texts, async (control) => {
      const { text, markers } = await remove(client, entries, control);
      if (markers.length === 0) return text;
      return { text, action: { label: "Undo", run: () => void undo(markers) } };
    });
    notifyOfChanges();
  }

  async function undo(markers: readonly ObjectRef[]) {
    const texts = { title: `Bringing ${what} back`, failed: `${what} could not be brought back completely` };
    await jobs.run(texts, () => restore(client, markers));
    notifyOfChanges();
  }

  function notifyOfChanges() {
    for (const { bucket, key } of entries) changes.notify(bucket, key);
  }

  return (
    <Modal opened onClose={close} title={`Delete ${what}?`} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text>
          {hasFolder
            ? `This deletes ${number}, including everything in the folders. You cannot undo this, unless the bucket keeps old versions.`
            : "You cannot undo this, unless the bucket keeps old versions."}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Keep
          </Button>
          <Button color="red.9" onClick={() => void confirm()}>
            Delete
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** `12 files`, while they are counted `all files`. */
function useFileCount(entries: readonly Entry[], isNeeded: boolean): string {
  const { client } = useSession();
  const [text, setText] = useState("all files");
  useEffect(() => {
    if (!isNeeded) return;
    const controller = new AbortController();
    countFiles(client, entries, maxCounted, controller.signal).then(
      (number) =>
        setText(number < maxCounted ? count(number, "file") : `more than ${count(maxCounted, "file")}`),
      // Without the number, the question is the same.
      () => {},
    );
    return () => controller.abort();
  }, [client, entries, isNeeded]);
  return text;
}
