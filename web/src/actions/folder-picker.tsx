import { Button, Group, Loader, NavLink, Paper, Text, TextInput } from "@mantine/core";
import { IconChevronRight, IconFolderFilled } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { explain } from "../errors/explain.ts";
import { Breadcrumbs } from "../folder/breadcrumbs.tsx";
import { useFolder } from "../folder/use-folder.ts";

interface FolderPickerProps {
  readonly bucket: string;
  readonly prefix: string;
  choose(prefix: string): void;
}

/** Walks through the folders of a bucket. A new folder can be named: it exists once a file is in it. */
export function FolderPicker({ bucket, prefix, choose }: FolderPickerProps) {
  const { entries, loading, error, loadMore } = useFolder(bucket, prefix);
  const [name, setName] = useState("");
  const folders = entries.filter(({ kind }) => kind === "folder");

  function enterNew(event: FormEvent) {
    event.preventDefault();
    const cleaned = name.trim().replaceAll("/", "");
    if (cleaned !== "") choose(`${prefix}${cleaned}/`);
    setName("");
  }

  return (
    <>
      <Breadcrumbs bucket={bucket} prefix={prefix} open={choose} />
      <Paper withBorder p={4} h={220} className="folder-picker">
        {folders.map(({ key, name: folderName }) => (
          <NavLink
            key={key}
            component="button"
            type="button"
            label={folderName}
            leftSection={<IconFolderFilled size={18} aria-hidden color="var(--mantine-color-yellow-5)" />}
            rightSection={<IconChevronRight size={16} aria-hidden />}
            onClick={() => choose(key)}
          />
        ))}
        {loading && <Loader size="sm" m="sm" aria-label="Loading folders" />}
        {loadMore !== undefined && (
          <Button variant="subtle" size="xs" onClick={loadMore}>
            Load more
          </Button>
        )}
        {!loading && folders.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {error === undefined ? "There are no folders here." : explain(error)}
          </Text>
        )}
      </Paper>
      <form onSubmit={enterNew}>
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            label="New folder"
            flex={1}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={name.trim() === ""}>
            Add
          </Button>
        </Group>
      </form>
    </>
  );
}
