import { Box, Stack, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { lazy, Suspense, useState } from "react";
import { RunActionContext } from "../actions/run-action.ts";
import { SelectionBar } from "../actions/selection-bar.tsx";
import { useFileActions } from "../actions/use-file-actions.tsx";
import { useWorkspace } from "../activity/workspace.ts";
import { nameOf } from "../format/names.ts";
import type { Address } from "../page/address.ts";
import { goTo } from "../page/use-address.ts";
import { can, whyNot } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { DropTarget } from "../uploads/drop-target.tsx";
import { PendingUploadList } from "../uploads/pending-uploads.tsx";
import { useAddFiles } from "../uploads/use-add-files.ts";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import type { Entry } from "./entry.ts";
import { FolderContent } from "./folder-content.tsx";
import { FolderToolbar } from "./folder-toolbar.tsx";
import { SearchField } from "./search-field.tsx";
import { useFocusReturn } from "./use-focus-return.ts";
import { useFolder } from "./use-folder.ts";
import { useRefreshAfterChanges } from "./use-refresh-after-changes.ts";
import { useSelection } from "./use-selection.ts";

const DetailsDrawer = lazy(() => import("../preview/details-drawer.tsx"));
const NewFolderDialog = lazy(() => import("../actions/new-folder-dialog.tsx"));

/** One folder, and the details of a file in it. Has a key, so that each folder begins without a selection. */
export function FolderPage({ bucket, prefix, file }: Address) {
  const { viewer } = useSession();
  const { notices } = useWorkspace();
  const [search, setSearch] = useState("");
  const [startsWith] = useDebouncedValue(search, 250);
  const [isNaming, setNaming] = useState(false);
  const folder = useFolder(bucket, prefix, startsWith);
  const selection = useSelection(folder.entries);
  const { run, dialog } = useFileActions(prefix);
  const addFiles = useAddFiles(bucket, prefix);
  useFocusReturn(file !== undefined);
  useFocusReturn(dialog !== undefined || isNaming);
  useRefreshAfterChanges(bucket, prefix, folder.refresh);

  const uploadDisabled = can(viewer, "UPLOAD", bucket, prefix) ? undefined : whyNot("UPLOAD");
  const openFolder = (target: string) => goTo({ bucket, prefix: target });
  const open = (entry: Entry) => (entry.kind === "folder" ? openFolder(entry.key) : run("details", [entry]));

  return (
    <RunActionContext value={run}>
      <Stack gap="xs">
        <VisuallyHidden component="h1">{`Files in ${nameOf(prefix) || bucket}`}</VisuallyHidden>
        <Breadcrumbs bucket={bucket} prefix={prefix} open={openFolder} />
        <div className="folder-bar">
          {selection.selected.length > 0 ? (
            <Stack gap="xs">
              {/* On a phone the toolbar has two rows. Nothing below it moves when the first file is selected. */}
              <Box hiddenFrom="sm">
                <SearchField search={search} setSearch={setSearch} />
              </Box>
              <SelectionBar selected={selection.selected} clear={selection.clear} />
            </Stack>
          ) : (
            <FolderToolbar
              search={search}
              setSearch={setSearch}
              uploadDisabled={uploadDisabled}
              refresh={folder.refresh}
              newFolder={() => setNaming(true)}
              addFiles={addFiles}
            />
          )}
        </div>
        <PendingUploadList bucket={bucket} prefix={prefix} />
        <FolderContent
          label={`Files in ${nameOf(prefix) || bucket}`}
          folder={folder}
          selection={selection}
          search={startsWith}
          canUpload={uploadDisabled === undefined}
          open={open}
          run={run}
        />
      </Stack>
      <DropTarget
        folderName={nameOf(prefix) || bucket}
        disabled={uploadDisabled}
        addFiles={addFiles}
        onError={(thrown) => notices.error("The files could not be read", thrown)}
      />
      {dialog}
      <Suspense>
        {file !== undefined && (
          <DetailsDrawer
            object={{ bucket, key: file }}
            entries={folder.entries}
            isCovered={dialog !== undefined}
            close={() => openFolder(prefix)}
          />
        )}
        {isNaming && <NewFolderDialog bucket={bucket} prefix={prefix} close={() => setNaming(false)} />}
      </Suspense>
    </RunActionContext>
  );
}
