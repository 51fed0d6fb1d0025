import { Button, Menu, Tooltip } from "@mantine/core";
import { IconFile, IconFolder, IconUpload } from "@tabler/icons-react";
import { type ChangeEvent, useRef } from "react";
import { type ChosenFile, fromInput } from "./chosen-files.ts";

interface UploadMenuProps {
  /** Why uploads are not allowed here. */
  readonly disabled: string | undefined;
  addFiles(chosen: readonly ChosenFile[]): void;
}

export function UploadMenu({ disabled, addFiles }: UploadMenuProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  function add({ currentTarget }: ChangeEvent<HTMLInputElement>) {
    addFiles(fromInput(currentTarget.files ?? new DataTransfer().files));
    // So that the same file can be chosen again.
    currentTarget.value = "";
  }

  return (
    <>
      <input ref={files} hidden type="file" multiple onChange={add} aria-label="Files to upload" />
      <input
        ref={folder}
        hidden
        type="file"
        webkitdirectory=""
        onChange={add}
        aria-label="Folder to upload"
      />
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Tooltip label={disabled} disabled={disabled === undefined}>
          <span>
            <Menu.Target>
              <Button leftSection={<IconUpload size={18} aria-hidden />} disabled={disabled !== undefined}>
                Upload
              </Button>
            </Menu.Target>
          </span>
        </Tooltip>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFile size={18} aria-hidden />} onClick={() => files.current?.click()}>
            Choose files
          </Menu.Item>
          <Menu.Item
            leftSection={<IconFolder size={18} aria-hidden />}
            onClick={() => folder.current?.click()}
          >
            Choose a folder
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
