import type { Entry } from "../folder/entry.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { LinkDialog } from "./link-dialog.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { TransferDialog } from "./transfer-dialog.tsx";
import type { DialogId } from "./use-file-actions.tsx";

interface DialogsProps {
  readonly id: DialogId;
  readonly entries: readonly Entry[];
  close(): void;
}

/** Loaded when the first dialog is opened. */
export default function Dialogs({ id, entries, close }: DialogsProps) {
  const [first] = entries;
  if (first === undefined) return null;
  switch (id) {
    case "link":
      return <LinkDialog object={first} close={close} />;
    case "rename":
      return <RenameDialog entry={first} close={close} />;
    case "delete":
      return <DeleteDialog entries={entries} close={close} />;
    default:
      return <TransferDialog kind={id} entries={entries} close={close} />;
  }
}
