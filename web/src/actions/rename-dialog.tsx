import { useWorkspace } from "../activity/workspace.ts";
import type { Entry } from "../folder/entry.ts";
import { folderOf } from "../format/names.ts";
import { useSession } from "../session/session-context.ts";
import { NameForm } from "./name-form.tsx";
import { transfer } from "./transfer.ts";

/** S3 cannot rename: the files are copied, and then the originals are deleted. */
export function RenameDialog({ entry, close }: { entry: Entry; close(): void }) {
  const { client } = useSession();
  const { jobs, changes } = useWorkspace();
  const { bucket, key } = entry;

  async function rename(name: string) {
    close();
    const texts = { title: `Renaming “${entry.name}”`, failed: `“${entry.name}” could not be renamed` };
    const task = {
      kind: "move",
      entries: [entry],
      bucket,
      prefix: folderOf(key),
      name,
      overwrite: false,
    } as const;
    await jobs.run(texts, (control) => transfer(client, task, control));
    changes.notify(bucket, key);
  }

  return (
    <NameForm
      title={`Rename “${entry.name}”`}
      label="New name"
      submitLabel="Rename"
      initialName={entry.name}
      submit={(name) => void rename(name)}
      close={close}
    />
  );
}
