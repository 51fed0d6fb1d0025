import {
  IconCopy,
  IconCursorText,
  IconDownload,
  IconFolderSymlink,
  IconInfoCircle,
  IconLink,
  IconTrash,
} from "@tabler/icons-react";
import type { Viewer } from "@valetkey/client";
import type { ComponentType } from "react";
import type { Entry } from "../folder/entry.ts";
import { type Action, can, whyNot } from "../session/permissions.ts";

export type FileActionId = "details" | "download" | "link" | "rename" | "copy" | "move" | "delete";

export interface FileAction {
  readonly id: FileActionId;
  readonly label: string;
  readonly Icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
  /** The color of its text, if it is not the usual one. */
  readonly textColor?: string;
  /** Why the action is not possible. */
  readonly disabled: string | undefined;
}

interface Rule extends Omit<FileAction, "disabled"> {
  readonly needs: readonly Action[];
  readonly only?: "file" | "one";
}

const rules: readonly Rule[] = [
  { id: "details", label: "Details", Icon: IconInfoCircle, needs: ["DOWNLOAD"], only: "file" },
  { id: "download", label: "Download", Icon: IconDownload, needs: ["DOWNLOAD"] },
  { id: "link", label: "Copy link", Icon: IconLink, needs: ["DOWNLOAD"], only: "file" },
  {
    id: "rename",
    label: "Rename",
    Icon: IconCursorText,
    needs: ["DOWNLOAD", "UPLOAD", "DELETE"],
    only: "one",
  },
  { id: "copy", label: "Copy to…", Icon: IconCopy, needs: ["DOWNLOAD"] },
  { id: "move", label: "Move to…", Icon: IconFolderSymlink, needs: ["DOWNLOAD", "DELETE"] },
  {
    id: "delete",
    label: "Delete",
    Icon: IconTrash,
    textColor: "var(--mantine-color-error)",
    needs: ["DELETE"],
  },
];

/** What can be done with these entries. Actions that make no sense for them are left out. */
export function fileActions(entries: readonly Entry[], viewer: Viewer): FileAction[] {
  const isOne = entries.length === 1;
  const isFile = isOne && entries[0]?.kind === "file";
  return rules
    .filter(({ only }) => only === undefined || (only === "file" ? isFile : isOne))
    .map(({ needs, only: _, ...action }) => ({ ...action, disabled: whyDisabled(entries, needs, viewer) }));
}

function whyDisabled(
  entries: readonly Entry[],
  needs: readonly Action[],
  viewer: Viewer,
): string | undefined {
  for (const { kind, bucket, key } of entries) {
    // The files of a folder have to be listed first.
    const all: readonly Action[] = kind === "folder" ? ["LIST", ...needs] : needs;
    const missing = all.find((action) => !can(viewer, action, bucket, key));
    if (missing !== undefined) return whyNot(missing);
  }
  return undefined;
}
