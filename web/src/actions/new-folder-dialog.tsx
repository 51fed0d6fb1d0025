import { Text } from "@mantine/core";
import { goTo } from "../page/use-address.ts";
import { NameForm } from "./name-form.tsx";

interface NewFolderDialogProps {
  readonly bucket: string;
  readonly prefix: string;
  close(): void;
}

export default function NewFolderDialog({ bucket, prefix, close }: NewFolderDialogProps) {
  return (
    <NameForm
      title="New folder"
      label="Name"
      submitLabel="Open"
      submit={(name) => {
        close();
        goTo({ bucket, prefix: `${prefix}${name}/` });
      }}
      close={close}
    >
      <Text size="sm" c="dimmed">
        The store has no empty folders: this one exists once you have uploaded a file into it.
      </Text>
    </NameForm>
  );
}
