import { Button, Group } from "@mantine/core";
import type { ObjectVersion } from "@valetkey/client";
import { saveFile } from "../actions/save-file.ts";
import { useWorkspace } from "../activity/workspace.ts";
import { nameOf } from "../format/names.ts";
import { type Action, can, whyNot } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { describeVersion } from "./describe-version.ts";

interface VersionActionsProps {
  readonly version: ObjectVersion;
  askToDelete(version: ObjectVersion): void;
}

/** What can be done with one version. A delete marker has no content, and can only be removed. */
export function VersionActions({ version, askToDelete }: VersionActionsProps) {
  const { client } = useSession();
  const { notices, changes } = useWorkspace();
  const { bucket, key, isLatest, isDeleteMarker } = version;
  const name = `“${nameOf(key)}”`;

  async function download() {
    await saveFile(client, version).catch((thrown) =>
      notices.error(`The version of ${name} could not be downloaded`, thrown),
    );
  }

  /** The copy becomes the newest version, and no version is lost. */
  async function restore() {
    try {
      await client.copy(version, { bucket, key });
      notices.success(`The version of ${name} was restored.`);
      changes.notify(bucket, key);
    } catch (thrown) {
      notices.error(`The version of ${name} could not be restored`, thrown);
    }
  }

  return (
    <Group gap={4}>
      {!isDeleteMarker && (
        <VersionButton label="Download" version={version} needs={["DOWNLOAD"]} run={() => void download()} />
      )}
      {!isDeleteMarker && !isLatest && (
        <VersionButton
          label="Restore"
          version={version}
          needs={["DOWNLOAD", "UPLOAD"]}
          run={() => void restore()}
        />
      )}
      <VersionButton
        label="Delete"
        version={version}
        needs={["DELETE"]}
        textColor="var(--mantine-color-error)"
        run={() => askToDelete(version)}
      />
    </Group>
  );
}

interface VersionButtonProps {
  readonly label: string;
  readonly version: ObjectVersion;
  readonly needs: readonly Action[];
  readonly textColor?: string;
  run(): void;
}

function VersionButton({ label, version, needs, textColor, run }: VersionButtonProps) {
  const { viewer } = useSession();
  const missing = needs.find((action) => !can(viewer, action, version.bucket, version.key));
  return (
    <Button
      size="compact-xs"
      variant="default"
      c={textColor}
      aria-label={`${label} the version of ${describeVersion(version)}`}
      disabled={missing !== undefined}
      title={missing && whyNot(missing)}
      onClick={run}
    >
      {label}
    </Button>
  );
}
