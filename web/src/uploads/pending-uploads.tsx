import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconCloudPause } from "@tabler/icons-react";
import type { PendingUpload } from "@valetkey/client";
import { type ChangeEvent, useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { nameOf } from "../format/names.ts";
import { count, formatMoment } from "../format/quantities.ts";
import { usePendingUploads } from "./use-pending-uploads.ts";

/** Uploads of before a reload, or of another device. The browser cannot read the file again by itself. */
export function PendingUploadList({ bucket, prefix }: { bucket: string; prefix: string }) {
  const { pending, forget } = usePendingUploads(bucket, prefix);
  if (pending.length === 0) return null;
  const title = `${count(pending.length, "upload")} in this folder ${pending.length === 1 ? "was" : "were"} not finished`;
  return (
    <Alert title={title} icon={<IconCloudPause aria-hidden />} variant="outline" mb="md">
      <Text size="sm" mb="xs">
        Choose the same file again to continue. What has already arrived is not sent a second time.
      </Text>
      <Stack component="ul" gap="xs" p={0} m={0} className="upload-list">
        {pending.map((upload) => (
          <PendingUploadRow key={upload.id} upload={upload} forget={() => forget(upload.id)} />
        ))}
      </Stack>
    </Alert>
  );
}

function PendingUploadRow({ upload, forget }: { upload: PendingUpload; forget(): void }) {
  const { uploads, notices } = useWorkspace();
  const [isEnding, setEnding] = useState(false);
  const { bucket, key, startedAt } = upload;
  const name = nameOf(key);

  function resume({ currentTarget }: ChangeEvent<HTMLInputElement>) {
    const [file] = currentTarget.files ?? [];
    if (file !== undefined) uploads.add([{ file, bucket, key, resume: true }]);
    currentTarget.value = "";
  }

  async function discard() {
    setEnding(true);
    try {
      await upload.abort();
      notices.success(`The upload of “${name}” was discarded.`);
      forget();
    } catch (thrown) {
      notices.error(`The upload of “${name}” could not be discarded`, thrown);
      setEnding(false);
    }
  }

  return (
    <Group component="li" justify="space-between" gap="xs">
      <div>
        <Text size="sm" fw={500} className="file-name">
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          Started {formatMoment(startedAt)}
        </Text>
      </div>
      <Group gap="xs">
        <Button component="label" size="xs">
          Choose file
          <input
            type="file"
            className="hidden-input"
            aria-label={`Choose ${name} to continue`}
            onChange={resume}
          />
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={isEnding}
          onClick={() => void discard()}
          aria-label={`Discard ${name}`}
        >
          Discard
        </Button>
      </Group>
    </Group>
  );
}
