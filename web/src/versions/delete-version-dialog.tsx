import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ObjectVersion } from "@valetkey/client";
import { useWorkspace } from "../activity/workspace.ts";
import { nameOf } from "../format/names.ts";
import { useSession } from "../session/session-context.ts";
import { describeVersion } from "./describe-version.ts";

interface DeleteVersionDialogProps {
  readonly version: ObjectVersion;
  close(): void;
}

/** Asks first, because S3 keeps nothing of a version that is deleted. */
export function DeleteVersionDialog({ version, close }: DeleteVersionDialogProps) {
  const { client } = useSession();
  const { notices, changes } = useWorkspace();
  const name = `“${nameOf(version.key)}”`;

  async function confirm() {
    close();
    try {
      const { failed } = await client.remove(version);
      if (failed[0] !== undefined) throw failed[0];
      notices.success(`The version of ${name} was deleted.`);
    } catch (thrown) {
      notices.error(`The version of ${name} could not be deleted`, thrown);
    }
    changes.notify(version.bucket, version.key);
  }

  return (
    <Modal
      opened
      onClose={close}
      title={`Delete a version of ${name}?`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack>
        <Text>
          {describeVersion(version)}. {effectOf(version)}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Keep
          </Button>
          <Button color="red.9" onClick={() => void confirm()}>
            Delete the version
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function effectOf({ isLatest, isDeleteMarker }: ObjectVersion): string {
  if (isDeleteMarker) {
    return isLatest
      ? "Without this delete marker, the file is visible again."
      : "Only the delete marker is deleted.";
  }
  return isLatest
    ? "You cannot undo this. The version before it becomes the current one."
    : "You cannot undo this.";
}
