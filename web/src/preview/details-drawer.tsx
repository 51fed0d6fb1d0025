import { Button, Drawer, Group, Skeleton, Stack } from "@mantine/core";
import type { ObjectRef, ObjectVersion } from "@valetkey/client";
import { useState } from "react";
import { fileActions } from "../actions/file-actions.tsx";
import { useRunAction } from "../actions/run-action.ts";
import { explain } from "../errors/explain.ts";
import { Problem } from "../errors/problem.tsx";
import { type Entry, type FileEntry, toFileEntry } from "../folder/entry.ts";
import { useFocusReturn } from "../folder/use-focus-return.ts";
import { nameOf } from "../format/names.ts";
import { can } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { DeleteVersionDialog } from "../versions/delete-version-dialog.tsx";
import { VersionList } from "../versions/version-list.tsx";
import { DetailsTable } from "./details-table.tsx";
import { Preview } from "./preview.tsx";
import { PreviousNext } from "./previous-next.tsx";
import { useDetails } from "./use-details.ts";

interface DetailsDrawerProps {
  readonly object: ObjectRef;
  /** What is listed beside it. */
  readonly entries: readonly Entry[];
  /** Whether a dialog is in front of it. Escape then closes only the dialog. */
  readonly isCovered: boolean;
  close(): void;
}

/** A preview of one file, and everything that the store knows of it. */
export default function DetailsDrawer({ object, entries, isCovered, close }: DetailsDrawerProps) {
  const { details, error } = useDetails(object);
  const { viewer } = useSession();
  const [versionToDelete, setVersionToDelete] = useState<ObjectVersion>();
  useFocusReturn(versionToDelete !== undefined);
  // A file that was deleted may still have versions.
  const mayHaveVersions = error !== undefined || details?.versionId !== undefined;
  const files = entries.filter((entry) => entry.kind === "file");
  return (
    <Drawer
      opened
      onClose={close}
      closeOnEscape={!isCovered && versionToDelete === undefined}
      position="right"
      size="lg"
      title={<span className="file-name">{nameOf(object.key)}</span>}
      closeButtonProps={{ "aria-label": "Close the details" }}
    >
      <Stack>
        <PreviousNext current={object.key} files={files} />
        {error !== undefined && <Problem title="This file cannot be shown" message={explain(error)} />}
        {details === undefined && error === undefined && (
          <Skeleton height={240} role="status" aria-label="Loading" />
        )}
        {details !== undefined && (
          <>
            <Preview key={`${details.key} ${details.etag}`} object={details} />
            <Actions entry={toFileEntry(details)} />
            <DetailsTable details={details} />
          </>
        )}
        {mayHaveVersions && can(viewer, "LIST", object.bucket, object.key) && (
          <VersionList
            key={`${object.bucket}/${object.key}`}
            object={object}
            askToDelete={setVersionToDelete}
          />
        )}
      </Stack>
      {versionToDelete !== undefined && (
        <DeleteVersionDialog version={versionToDelete} close={() => setVersionToDelete(undefined)} />
      )}
    </Drawer>
  );
}

function Actions({ entry }: { entry: FileEntry }) {
  const { viewer } = useSession();
  const run = useRunAction();
  const actions = fileActions([entry], viewer).filter(({ id }) => id !== "details");
  return (
    <Group gap="xs">
      {actions.map(({ id, label, Icon, textColor, disabled }) => (
        <Button
          key={id}
          size="xs"
          variant={id === "download" ? "filled" : "default"}
          c={textColor}
          leftSection={<Icon size={16} aria-hidden />}
          disabled={disabled !== undefined}
          title={disabled}
          onClick={() => run(id, [entry])}
        >
          {label}
        </Button>
      ))}
    </Group>
  );
}
