import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { describeEntries, type Entry } from "../folder/entry.ts";
import { nameOf } from "../format/names.ts";
import { goTo } from "../page/use-address.ts";
import { useSession } from "../session/session-context.ts";
import type { RunAction } from "./run-action.ts";
import { saveFile } from "./save-file.ts";

const Dialogs = lazy(() => import("./dialogs.tsx"));

export type DialogId = "link" | "rename" | "copy" | "move" | "delete";

interface OpenDialog {
  readonly id: DialogId;
  readonly entries: readonly Entry[];
}

/**
 * Carries out the actions of a folder.
 *
 * @returns the function that does it, and the dialog that is open
 */
export function useFileActions(prefix: string): { run: RunAction; dialog: ReactNode } {
  const { client } = useSession();
  const { jobs, notices } = useWorkspace();
  const [open, setOpen] = useState<OpenDialog>();

  const download = useCallback(
    async (entries: readonly Entry[]) => {
      const [first] = entries;
      if (first === undefined) return;
      const failed = `${describeEntries(entries)} could not be downloaded`;
      if (entries.length === 1 && first.kind === "file") {
        const { bucket, key } = first;
        return saveFile(client, { bucket, key }).catch((thrown) => notices.error(failed, thrown));
      }
      const name = `${(entries.length === 1 ? first.name : nameOf(prefix)) || first.bucket}.zip`;
      const { chooseZipTarget, saveZip } = await import("./zip.ts");
      try {
        const target = await chooseZipTarget(name);
        await jobs.run({ title: `Downloading ${describeEntries(entries)}`, failed }, (control) =>
          saveZip(client, entries, name, target, control),
        );
      } catch (thrown) {
        const wasCancelled = thrown instanceof DOMException && thrown.name === "AbortError";
        if (!wasCancelled) notices.error(failed, thrown);
      }
    },
    [client, jobs, notices, prefix],
  );

  const run = useCallback<RunAction>(
    (id, entries) => {
      const [first] = entries;
      if (first === undefined) return;
      if (id === "details") goTo({ bucket: first.bucket, prefix, file: first.key });
      else if (id === "download") void download(entries);
      else setOpen({ id, entries });
    },
    [download, prefix],
  );

  const dialog = open && (
    <Suspense>
      <Dialogs {...open} close={() => setOpen(undefined)} />
    </Suspense>
  );
  return { run, dialog };
}
