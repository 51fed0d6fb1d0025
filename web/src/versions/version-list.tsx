import { Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import type { ObjectRef, ObjectVersion } from "@valetkey/client";
import { useEffect, useRef } from "react";
import { explain } from "../errors/explain.ts";
import { Problem } from "../errors/problem.tsx";
import { describeVersion } from "./describe-version.ts";
import { useVersions } from "./use-versions.ts";
import { VersionActions } from "./version-actions.tsx";

interface VersionListProps {
  readonly object: ObjectRef;
  /** Opens the dialog that asks whether to delete a version. */
  askToDelete(version: ObjectVersion): void;
}

/** What a bucket with versioning has kept of a file. Shows nothing in other buckets. */
export function VersionList({ object, askToDelete }: VersionListProps) {
  const { versions, error, loadMore } = useVersions(object);
  const title = useRef<HTMLHeadingElement>(null);
  const shownBefore = useRef(0);
  // When the row that had the focus is gone, the keyboard stays at the list.
  useEffect(() => {
    const isShorter = versions.length < shownBefore.current;
    shownBefore.current = versions.length;
    if (isShorter && document.activeElement === document.body) title.current?.focus();
  }, [versions]);
  const isVersioned = versions.some(({ versionId }) => versionId !== "null");
  if (!isVersioned && error === undefined) return null;
  return (
    <Stack component="section" aria-labelledby="versions-title" gap="xs">
      <Title order={3} size="h5" id="versions-title" ref={title} tabIndex={-1}>
        Versions
      </Title>
      {error !== undefined && <Problem title="The versions cannot be listed" message={explain(error)} />}
      <Stack component="ul" gap="xs" p={0} m={0} className="upload-list">
        {versions.map((version) => (
          <VersionRow key={version.versionId} version={version} askToDelete={askToDelete} />
        ))}
      </Stack>
      {loadMore !== undefined && (
        <Button variant="default" size="xs" onClick={loadMore}>
          Show older versions
        </Button>
      )}
    </Stack>
  );
}

function VersionRow({
  version,
  askToDelete,
}: {
  readonly version: ObjectVersion;
  askToDelete(version: ObjectVersion): void;
}) {
  return (
    <Group component="li" justify="space-between" gap="xs">
      <Group gap="xs">
        <Text size="sm">{describeVersion(version)}</Text>
        {version.isLatest && !version.isDeleteMarker && (
          <Badge variant="default" size="sm">
            Current
          </Badge>
        )}
      </Group>
      <VersionActions version={version} askToDelete={askToDelete} />
    </Group>
  );
}
