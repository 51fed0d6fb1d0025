import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { IconFolderPlus, IconRefresh } from "@tabler/icons-react";
import type { ChosenFile } from "../uploads/chosen-files.ts";
import { UploadMenu } from "../uploads/upload-menu.tsx";
import { SearchField } from "./search-field.tsx";

interface FolderToolbarProps {
  readonly search: string;
  readonly uploadDisabled: string | undefined;
  setSearch(search: string): void;
  refresh(): void;
  newFolder(): void;
  addFiles(chosen: readonly ChosenFile[]): void;
}

export function FolderToolbar(props: FolderToolbarProps) {
  const { search, uploadDisabled, setSearch, refresh, newFolder, addFiles } = props;
  return (
    <Group gap="xs">
      <SearchField search={search} setSearch={setSearch} />
      <Group gap="xs" wrap="nowrap" ml="auto">
        <Tooltip label="Reload the folder">
          <ActionIcon variant="default" size={36} aria-label="Reload the folder" onClick={refresh}>
            <IconRefresh size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Button
          visibleFrom="sm"
          variant="default"
          disabled={uploadDisabled !== undefined}
          leftSection={<IconFolderPlus size={18} aria-hidden />}
          onClick={newFolder}
        >
          New folder
        </Button>
        <ActionIcon
          hiddenFrom="sm"
          variant="default"
          size={36}
          aria-label="New folder"
          disabled={uploadDisabled !== undefined}
          onClick={newFolder}
        >
          <IconFolderPlus size={18} aria-hidden />
        </ActionIcon>
        <UploadMenu disabled={uploadDisabled} addFiles={addFiles} />
      </Group>
    </Group>
  );
}
