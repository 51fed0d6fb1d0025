import { Button, Center, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconFolderOpen, IconSearchOff } from "@tabler/icons-react";
import type { FileActionId } from "../actions/file-actions.tsx";
import { explain, hasCode } from "../errors/explain.ts";
import { Problem } from "../errors/problem.tsx";
import { useSession } from "../session/session-context.ts";
import type { Entry } from "./entry.ts";
import { FileTable } from "./file-table.tsx";
import { NextPage } from "./next-page.tsx";
import type { FolderView } from "./use-folder.ts";
import type { Selection } from "./use-selection.ts";

interface FolderContentProps {
  readonly label: string;
  readonly folder: FolderView;
  readonly selection: Selection;
  readonly search: string;
  readonly canUpload: boolean;
  open(entry: Entry): void;
  run(id: FileActionId, entries: readonly Entry[]): void;
}

/** The table, or why there is none. */
export function FolderContent({
  label,
  folder,
  selection,
  search,
  canUpload,
  open,
  run,
}: FolderContentProps) {
  const { signOut } = useSession();
  const { entries, loading, error, loadMore, refresh } = folder;
  return (
    <Stack gap="sm" aria-busy={loading}>
      {error !== undefined && (
        <Problem title="This folder cannot be shown" message={explain(error)} retry={refresh}>
          {hasCode(error, "UNAUTHENTICATED") && (
            <Button size="xs" onClick={() => signOut()}>
              Sign in
            </Button>
          )}
        </Problem>
      )}
      {entries.length > 0 && (
        <FileTable label={label} entries={entries} selection={selection} open={open} run={run} />
      )}
      {entries.length === 0 && loading && <LoadingRows />}
      {entries.length === 0 && !loading && error === undefined && (
        <EmptyFolder search={search} canUpload={canUpload} />
      )}
      {loadMore !== undefined && error === undefined && (
        <NextPage key={entries.length} loading={loading} loadMore={loadMore} />
      )}
    </Stack>
  );
}

function LoadingRows() {
  return (
    <Stack gap="sm" role="status" aria-label="Loading the folder">
      {[70, 45, 60, 50].map((width) => (
        <Skeleton key={width} height={28} width={`${width}%`} />
      ))}
    </Stack>
  );
}

function EmptyFolder({ search, canUpload }: { search: string; canUpload: boolean }) {
  const Icon = search === "" ? IconFolderOpen : IconSearchOff;
  return (
    <Center mih={280}>
      <Stack align="center" gap={4}>
        <Icon size={56} stroke={1.2} aria-hidden color="var(--mantine-color-dimmed)" />
        <Title order={2} size="h4">
          {search === "" ? "This folder is empty" : `No name starts with “${search}”`}
        </Title>
        {search === "" && canUpload && (
          <Text c="dimmed" ta="center">
            Drop files or folders here, or choose them with “Upload”.
          </Text>
        )}
      </Stack>
    </Center>
  );
}
