import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";

interface NameFormProps {
  readonly title: string;
  readonly label: string;
  readonly submitLabel: string;
  readonly initialName?: string;
  readonly children?: ReactNode;
  submit(name: string): void;
  close(): void;
}

/** A dialog that asks for the name of a file or folder. */
export function NameForm({
  title,
  label,
  submitLabel,
  initialName = "",
  children,
  submit,
  close,
}: NameFormProps) {
  const [name, setName] = useState(initialName);
  const problem = problemOf(name);

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (problem === undefined && name !== "" && name !== initialName) submit(name);
  }

  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextInput
            data-autofocus
            label={label}
            value={name}
            error={problem}
            autoComplete="off"
            onChange={(event) => setName(event.currentTarget.value)}
            onFocus={(event) => selectStem(event.currentTarget)}
          />
          {children}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" disabled={problem !== undefined || name === "" || name === initialName}>
              {submitLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function problemOf(name: string): string | undefined {
  if (name.includes("/")) return "A name cannot contain a slash. Use “Move to…” for another folder.";
  if (name === "." || name === "..") return "This name is not possible.";
  return undefined;
}

/** The name without its extension, as file managers do. */
function selectStem(input: HTMLInputElement): void {
  const dot = input.value.lastIndexOf(".");
  input.setSelectionRange(0, dot > 0 ? dot : input.value.length);
}
